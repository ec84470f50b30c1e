/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words that make trouble: calls that fail, a card that is full, a kernel that
 * is not what was loaded.
 */
#include "case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/memcheck.h>

#include <tare/image.h>
#include <tare/status.h>

#define PAGE 4096u

static const char mark[] = { 'T', 'A', 'R', 'E', 'M', 'A', 'R', 'K' };

void tare_fail_call(struct tare_case *c, int call, uint32_t nth)
{
	struct tare_fault_rule rule = {
		.call = (enum tare_call_id)(call - TARE_SUBJECT_CALL), .nth = nth, .kind = TARE_FAULT_ERROR,
	};

	tare__case_needs_tap(c, "making a call fail");
	int status = tare_fault_set(c->fault, &rule);
	if (status != TARE_OK)
		tare__case_broken(c, "that call can't be made to fail: %s", tare_status_sentence(status));
}

void tare_fail_memory(struct tare_case *c, uint32_t nth)
{
	bool onboard = c->plan->ref->cell.platform == TARE_PLATFORM_ONBOARD;

	tare_fail_call(c, TARE_SUBJECT_CALL + (onboard ? TARE_CALL_rtMalloc : TARE_CALL_memory_take), nth);
}

void tare_fail_nothing(struct tare_case *c)
{
	tare_fault_clear(c->fault);
}

/* What the machine pins for one image, by the cost model of this case. */
static uint64_t image_cost(struct tare_case *c)
{
	const struct tare_bytes *file =
		tare__case_file(c, "objects/%s/%s.so", tare_arch_name(c->plan->ref->cell.arch), c->image);
	struct tare_image image;
	char error[256] = "";
	uint64_t cost = file->size;

	if (c->plan->ref->spec->machine.cost == COST_BY_SPAN) {
		if (tare_image_read(file->bytes, file->size, &image, error, sizeof error) != TARE_OK)
			tare__case_broken(c, "the fixture %s: %s", file->path, error);
		cost = image.alloc_span;
	}
	return (cost + PAGE - 1) / PAGE * PAGE;
}

static uint64_t unused_bytes(struct tare_case *c)
{
	uint64_t unused = 0, total = 0;

	if (tare_machine_memory_info(0, &unused, &total) != TARE_OK)
		tare__case_broken(c, "the machine does not tell its free memory");
	return unused;
}

void tare_leave_room_for_images(struct tare_case *c, uint32_t images)
{
	tare__case_needs_machine(c, "filling the card");
	uint64_t before = unused_bytes(c);
	int status = tare_machine_headroom(0, images * image_cost(c));
	if (status != TARE_OK)
		tare__case_broken(c, "the machine can't leave room for %u images: %s", images, tare_status_sentence(status));
	/* The driver's meter shall not show what the harness took; a block given back makes the difference negative. */
	c->headroom += before - unused_bytes(c);
}

void tare_kill_card(struct tare_case *c)
{
	tare__case_needs_machine(c, "killing the card");
	int status = tare_machine_trouble(0, TARE_TROUBLE_POISON);
	if (status != TARE_OK)
		tare__case_broken(c, "the machine can't kill its card: %s", tare_status_sentence(status));
}

/* Where in bytes the header of the image begins: a runtime may lead its copy in, so that the children lie aligned. */
static bool find_head(const struct tare_callable_image *image, const uint8_t *bytes, size_t *shift)
{
	const size_t head = offsetof(struct tare_chip_callable, child_func_ids);

	for (*shift = 0; *shift < TARE_CALLABLE_ALIGN; ++*shift)
		if (memcmp(bytes + *shift, image->bytes, head) == 0)
			return true;
	return false;
}

/* Of a block that is another's, bytes may be read here that nobody wrote: to look is no error. */
static bool holds_head(const struct tare_callable_image *image, uint8_t *bytes, size_t *shift)
{
	(void)VALGRIND_MAKE_MEM_DEFINED(bytes, image->size);
	return find_head(image, bytes, shift);
}

static size_t mark_in(const struct tare_callable_image *image)
{
	size_t at = 0;

	while (at + sizeof mark < image->size && memcmp(image->bytes + at, mark, sizeof mark) != 0)
		at++;
	return at;
}

/*
 * The tables tell addresses, not sizes: the device copy of a callable is among
 * the blocks that prepare took, newest first, and it is the one that begins
 * with the image's header.  Nothing beyond that copy is read.
 */
static uint64_t find_mark(struct tare_case *c, const struct tare_callable *callable, uint8_t *bytes)
{
	const struct tare_ledger_page *page = &c->board->page;
	const uint64_t newest = page->call_count;
	const uint64_t oldest = newest > TARE_RING / 2 ? newest - TARE_RING / 2 : 0; /* our own copies push into the ring */
	size_t shift;

	for (uint64_t n = newest; n > oldest; n--) {
		const struct tare_call_record *call = &page->ring[(n - 1) % TARE_RING];
		if (call->call != TARE_CALL_rtMalloc || call->result != 0 || call->phase != TARE_PHASE_PREPARE)
			continue;
		uint64_t block = call->key;
		if (tare_try_copy_out(c, bytes, (const void *)(uintptr_t)block, callable->image->size) != 0 ||
		    !holds_head(callable->image, bytes, &shift))
			continue;
		uint64_t address = block + shift + mark_in(callable->image);
		if (tare_try_copy_out(c, bytes, (const void *)(uintptr_t)address, sizeof mark) == 0 &&
		    memcmp(bytes, mark, sizeof mark) == 0)
			return address;
	}
	return 0;
}

void tare_patch_kernel(struct tare_case *c, struct tare_callable *callable)
{
	const float patched = 2.0f;
	tare__case_needs_tap(c, "finding what prepare took");
	uint8_t *bytes = malloc(callable->image->size);

	if (!bytes)
		tare__case_broken(c, "no memory for a copy of %s", callable->fixture->name);
	uint64_t address = find_mark(c, callable, bytes);
	free(bytes);
	if (!address)
		tare__case_fail(c, "Fail.Patch", "no block that prepare took holds the marked text of %s",
			callable->fixture->name);
	tare__case_must(c, tare_try_copy_in(c, (void *)(uintptr_t)(address + sizeof mark), &patched, sizeof patched),
		"copy_to_device_ctx over a kernel's text");
}
