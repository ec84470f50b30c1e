/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory - device memory as a caller of the runtime sees it
 *
 * A card has an end, its free memory has holes, and whoever frees what is not
 * theirs must not take somebody else's block along.
 */
#include <tare/spec.h>

#include <string.h>

enum { KIB = 1024, MIB = 1024 * KIB };
enum { DRIVER_ALIGN = 512 };

static unsigned take_all(struct tare_case *c, size_t size, void **blocks, unsigned room)
{
	unsigned taken = 0;

	while (taken < room && (blocks[taken] = tare_try_memory(c, size)))
		taken++;
	return taken;
}

static void until_the_card_is_full(struct tare_case *c)
{
	void *blocks[64];

	tare_open(c);
	tare_mark(c);
	unsigned first = take_all(c, 16 * MIB, blocks, TARE_COUNT_OF(blocks));
	tare_expect(c, first >= 12 && first <= 16, "a card of 256 MiB gave %u blocks of 16 MiB", first);
	tare_memory_back(c, blocks[first / 2]);
	blocks[first / 2] = tare_memory(c, 16 * MIB);
	for (unsigned i = 0; i < first; i++)
		tare_memory_back(c, blocks[i]);
	unsigned second = take_all(c, 16 * MIB, blocks, TARE_COUNT_OF(blocks));
	tare_expect(c, second == first, "the same card gave %u blocks first and %u after all went back", first, second);
	for (unsigned i = 0; i < second; i++)
		tare_memory_back(c, blocks[i]);
	tare_small_rings(c); /* for the launch's own arenas there is little room */
	tare_launch(c, tare_prepare(c, "vector_example"));
}

static void a_block_too_large(struct tare_case *c)
{
	tare_open(c);
	tare_mark(c);
	void *memory = tare_try_memory(c, 48 * MIB);
	tare_expect(c, !memory, "a block of 48 MiB was given where none may exceed 32 MiB");
	tare_memory_back(c, tare_memory(c, 16 * MIB));
	memory = tare_try_memory(c, SIZE_MAX);
	tare_expect(c, !memory, "a block of 2^64 - 1 bytes was given");
}

static void holes_are_not_a_block(struct tare_case *c)
{
	void *blocks[64];

	tare_open(c);
	tare_mark(c);
	unsigned taken = take_all(c, 4 * MIB, blocks, TARE_COUNT_OF(blocks));
	for (unsigned i = 0; i < taken; i += 2)
		tare_memory_back(c, blocks[i]);
	void *memory = tare_try_memory(c, 16 * MIB);
	tare_expect(c, !memory, "a block of 16 MiB was given from holes of 4 MiB");
	for (unsigned i = 1; i < taken; i += 2)
		tare_memory_back(c, blocks[i]);
	tare_memory_back(c, tare_memory(c, 16 * MIB));
}

static void odd_sizes(struct tare_case *c)
{
	static const size_t sizes[] = { 1, 31, 32, 33, 511, 512, 513, 4095, 4097, 50000, 1 * MIB + 1 };
	void *blocks[TARE_COUNT_OF(sizes)];

	tare_open(c);
	tare_mark(c);
	for (unsigned i = 0; i < TARE_COUNT_OF(sizes); i++) {
		blocks[i] = tare_memory(c, sizes[i]);
		tare_expect(c, (uintptr_t)blocks[i] % DRIVER_ALIGN == 0, "a block of %zu bytes lies at %p, not at a multiple of %d",
			sizes[i], blocks[i], DRIVER_ALIGN);
		for (unsigned j = 0; j < i; j++) {
			uintptr_t low = (uintptr_t)blocks[i], other = (uintptr_t)blocks[j];
			tare_expect(c, low + sizes[i] <= other || other + sizes[j] <= low, "blocks of %zu and %zu bytes overlap",
				sizes[i], sizes[j]);
		}
	}
	for (unsigned i = 0; i < TARE_COUNT_OF(sizes); i++)
		tare_memory_back(c, blocks[i]);
}

static void strangers_are_freed(struct tare_case *c)
{
	char mine[DRIVER_ALIGN];

	void *block = tare_memory(c, 64 * KIB);
	void *other = tare_memory(c, 64 * KIB);
	tare_memory_back(c, other);
	tare_mark(c);
	tare_memory_back(c, NULL);
	tare_memory_back(c, mine);
	tare_memory_back(c, (char *)block + DRIVER_ALIGN);
	tare_memory_back(c, other);
	int code = tare_try_copy_in(c, block, mine, sizeof(mine));
	tare_expect_code(c, code, 0, "copying into a block after strangers were freed");
	other = tare_memory(c, 64 * KIB);
	tare_memory_back(c, other);
}

static void strangers_are_copied(struct tare_case *c)
{
	char mine[DRIVER_ALIGN] = "", other[DRIVER_ALIGN];

	void *block = tare_memory(c, 64 * KIB);
	void *const strangers[] = { (void *)0x1234, other, (char *)block + (1ull << 45) };
	tare_mark(c);
	for (unsigned i = 0; i < TARE_COUNT_OF(strangers); i++) {
		int code = tare_try_copy_out(c, mine, strangers[i], sizeof(mine));
		tare_expect(c, code != 0, "copying from %p, which is no device memory, gave 0", strangers[i]);
		code = tare_try_copy_in(c, strangers[i], mine, sizeof(mine));
		tare_expect(c, code != 0, "copying to %p, which is no device memory, gave 0", strangers[i]);
	}
	int code = tare_try_copy_out(c, mine, block, 1ull << 45);
	tare_expect(c, code != 0, "copying more than there is on the card gave 0");
	tare_launch(c, tare_prepare(c, "vector_example"));
}

static void there_and_back(struct tare_case *c)
{
	static unsigned char out[64 * KIB], in[64 * KIB];

	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (unsigned char)(i * 131 + i / 251);
	unsigned char *device = tare_memory(c, sizeof(out));
	tare_expect_code(c, tare_try_copy_in(c, device, out, sizeof(out)), 0, "copying to the device");
	tare_expect_code(c, tare_try_copy_out(c, in, device, sizeof(in)), 0, "copying from the device");
	tare_expect(c, !memcmp(in, out, sizeof(in)), "64 KiB came back changed");

	memset(in, 0, sizeof(in));
	tare_expect_code(c, tare_try_copy_out(c, in, device + 77, 1000), 0, "copying from the middle of a block");
	tare_expect(c, !memcmp(in, out + 77, 1000) && !in[1000], "1,000 bytes from the middle of a block came back changed");
	tare_memory_back(c, device);
}

static void beside_launches(struct tare_case *c)
{
	struct tare_callable *vector = tare_prepare(c, "vector_example");

	for (uint32_t i = 0; i < tare_launches(c); i++) {
		void *memory = tare_memory(c, 64 * KIB + i * DRIVER_ALIGN);
		tare_launch(c, vector);
		tare_memory_back(c, memory);
		tare_expect_floats(c, vector, 2, 42.0f);
	}
}

static void between_launches(struct tare_case *c)
{
	struct tare_callable *vector = tare_prepare(c, "vector_example");

	for (uint32_t i = 0; i < tare_launches(c); i++) {
		tare_launch(c, vector);
		tare_memory_back(c, tare_memory(c, 64 * KIB));
	}
}

static void kept_to_the_end(struct tare_case *c)
{
	for (unsigned i = 0; i < 10; i++)
		(void)tare_memory(c, 4 * KIB);
	tare_launch(c, tare_prepare(c, "vector_example"));
}

static const struct tare_spec specs[] = {
	{
		.name    = "full_card_refuses",
		.says    = "a full card refuses, and has as much as before when all went back",
		.when    = until_the_card_is_full,
		.machine = { .capacity = 256 * MIB },
		.then    = {
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because = "f8b728561 (#870): 207001 is what a leak looks like from afar, so it must mean a full card",
	},
	{
		.name    = "largest_block",
		.says    = "no block exceeds the largest the card can give, however much is free",
		.when    = a_block_too_large,
		.machine = { .capacity = 256 * MIB, .largest_block = 32 * MIB },
		.then    = {
			{ DEVICE_BYTES,  FROM_MARK_TO_LAST, EXACTLY, 0 },
			{ EVERY_ACCOUNT, AFTER_CLOSE,       EXACTLY, 0 },
		},
		.because = "facts of the reference: the arena is in three blocks, as one of their sum may not exist",
	},
	{
		.name    = "holes_are_not_a_block",
		.says    = "free memory in holes is no block, and grows together again",
		.when    = holes_are_not_a_block,
		.machine = { .capacity = 128 * MIB },
		.then    = {
			{ DEVICE_BYTES,  FROM_MARK_TO_LAST, EXACTLY, 0 },
			{ DEVICE_BLOCKS, FROM_MARK_TO_LAST, EXACTLY, 0 },
			{ EVERY_ACCOUNT, AFTER_CLOSE,       EXACTLY, 0 },
		},
		.because = "d65bc6f2b (#812): the card was fragmented, and a block was refused with most of it free",
	},
	{
		.name    = "blocks_are_aligned",
		.says    = "blocks of any size begin at a multiple of 512 and never overlap",
		.when    = odd_sizes,
		.then    = {
			{ DEVICE_BYTES,  FROM_MARK_TO_LAST, EXACTLY, 0 },
			{ EVERY_ACCOUNT, AFTER_CLOSE,       EXACTLY, 0 },
		},
		.because = "f8e9f336c (#979): children lie at multiples of 64 and may be read only if the block does",
	},
	{
		.name    = "strangers_are_not_freed",
		.says    = "freeing what is no block changes nothing",
		.when    = strangers_are_freed,
		.then    = {
			{ DEVICE_BLOCKS, FROM_MARK_TO_LAST, EXACTLY, 0 },
			{ DEVICE_BYTES,  FROM_MARK_TO_LAST, EXACTLY, 0 },
			{ EVERY_ACCOUNT, AFTER_CLOSE,       EXACTLY, 0 },
		},
		.because = "fbc5618e9 (#917): a block was freed twice, the second time in a context that was gone",
	},
	{
		.name    = "strangers_are_not_copied",
		.says    = "copying from or to what is no device memory is refused, and a launch still works",
		.when    = strangers_are_copied,
		.then    = {
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because = "facts of CANN 9.0.0: the driver looks up a device address, and says 107000 of a stranger's",
	},
	{
		.name    = "copies_come_back",
		.says    = "what was copied to the device comes back the same, before any launch",
		.when    = there_and_back,
		.then    = {
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because = "902b18b4c (#715): device calls before the first launch failed with 107002",
	},
	{
		.name     = "memory_beside_launches",
		.says     = "a caller's blocks of a new size each time leave launches where they were",
		.when     = beside_launches,
		.launches = 50,
		.then     = {
			{ DEVICE_BLOCKS,       AT_PEAK,                   AT_LEAST, 1 },
			{ LAUNCH_BUFFER_BYTES, FROM_FIRST_LAUNCH_TO_LAST, EXACTLY,  0 },
			{ EVERY_ACCOUNT,       AFTER_CLOSE,               EXACTLY,  0 },
		},
		.because  = "af7141e83 (#353): buffers of a run and of its caller were mixed up on the way out",
	},
	{
		.name     = "memory_between_launches",
		.says     = "a block taken and given back between launches leaves all three meters where they were",
		.when     = between_launches,
		.launches = 50,
		.then     = {
			{ DEVICE_BYTES,  FROM_FIRST_LAUNCH_TO_LAST, EXACTLY, 0 },
			{ RUNNER_BYTES,  FROM_FIRST_LAUNCH_TO_LAST, EXACTLY, 0 },
			{ DRIVER_BYTES,  FROM_FIRST_LAUNCH_TO_LAST, EXACTLY, 0 },
			{ EVERY_ACCOUNT, AFTER_CLOSE,               EXACTLY, 0 },
		},
		.because  = "f8b728561 (#870): the runner's own count was right all the while, and the card was full",
	},
	{
		.name    = "close_takes_the_rest",
		.says    = "blocks that a caller never gave back go with their context",
		.when    = kept_to_the_end,
		.then    = {
			{ EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 },
		},
		.because = "fbc5618e9 (#917): every block goes back before the device is reset",
	},
};

const struct tare_suite tare_suite_memory = { "memory", specs, TARE_COUNT_OF(specs) };
