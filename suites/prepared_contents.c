/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prepared_contents - what callables hold on the card, and what has their place after them
 *
 * A content is there once, as long as any id needs it.  What keeps a piece of
 * it, or knows a place from before, grows or runs what is no longer there.
 */
#include <tare/spec.h>

#include <string.h>

static void prepared_and_unregistered_in_turn(struct tare_case *c)
{
	static const char *const names[] = { "vector_example", "dump_tensor", "constant", "stamp" };

	for (uint32_t i = 0; i < TARE_COUNT_OF(names) + tare_launches(c); i++) {
		if (i == TARE_COUNT_OF(names))
			tare_mark(c);
		struct tare_callable *callable = tare_prepare(c, names[i % TARE_COUNT_OF(names)]);
		tare_launch(c, callable);
		tare_unregister(c, callable);
	}
}

/* The float behind the mark that the kernel left in its text, in the bytes of a callable. */
static void set_constant(struct tare_case *c, struct tare_copy *copy, float value)
{
	static const char mark[] = "TAREMARK";
	const size_t length = sizeof(mark) - 1;
	size_t at = 0;

	while (at + length + sizeof(value) <= copy->size && memcmp(copy->bytes + at, mark, length))
		at++;
	tare_expect(c, at + length + sizeof(value) <= copy->size, "the callable has no mark in it");
	memcpy(copy->bytes + at + length, &value, sizeof(value));
}

/* Two contents of one size, so that each gets the place that the other one has left. */
static void in_each_others_place(struct tare_case *c)
{
	struct tare_copy *copy = tare_copy_of(c, "constant");

	tare_launch(c, tare_prepare_as(c, 0, "vector_example"));
	for (uint32_t i = 0; i < tare_launches(c); i++) {
		float value = i % 2 ? 2.0f : 1.0f;
		if (i == 2) /* both have been there */
			tare_mark(c);
		set_constant(c, copy, value);
		struct tare_callable *constant = tare_prepare_copy(c, 1, copy);
		tare_launch(c, constant);
		float read = *(const float *)tare_tensor(c, constant, 0);
		tare_unregister(c, constant);
		tare_expect(c, read == value, "a kernel that fills with %g filled with %g", (double)value, (double)read);
	}
}

#define STAYS_FLAT \
	{ DEVICE_BLOCKS,   FROM_MARK_TO_LAST, EXACTLY, 0 }, \
	{ DEVICE_BYTES,    FROM_MARK_TO_LAST, EXACTLY, 0 }, \
	{ HOST_OBJECTS,    FROM_MARK_TO_LAST, EXACTLY, 0 }, \
	{ AICPU_OBJECTS,   FROM_MARK_TO_LAST, EXACTLY, 0 }, \
	{ TEMPORARY_FILES, FROM_MARK_TO_LAST, EXACTLY, 0 }, \
	{ EVERY_ACCOUNT,   AFTER_CLOSE,       EXACTLY, 0 }

static const struct tare_spec specs[] = {
	{
		.name     = "in_each_others_place",
		.says     = "two contents in turn in one place of the card: what runs is what was prepared last",
		.when     = in_each_others_place,
		.launches = 6,
		.then     = { STAYS_FLAT },
		.because  = "0ca30c433 (#214): a kernel was found again at an address that had become another one's",
	},
	{
		.name     = "churn_leaves_nothing",
		.says     = "four contents prepared and given back in turn leave no more after a hundred than after four",
		.when     = prepared_and_unregistered_in_turn,
		.launches = 100,
		.then     = { STAYS_FLAT },
		.because  = "e7de19eee (#1295): callable buffers went back at finalize only, so churn grew the card",
	},
};

const struct tare_suite tare_suite_prepared_contents = { "prepared_contents", specs, TARE_COUNT_OF(specs) };
