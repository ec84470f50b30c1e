/* SPDX-License-Identifier: Apache-2.0 */
/*
 * callable - callables whose bytes lie
 *
 * A callable arrives as one run of bytes: a header of counts and offsets, the
 * orchestration object, the kernels.  Whoever follows an offset before it is
 * checked reads, or writes, wherever the sender wants.  So each lie must be
 * refused before anything is taken, and the next honest callable must work.
 */
#include <tare/spec.h>

#include <string.h>

enum { GOOD = 0, BAD = 1, REFUSED = -1 };

struct lie {
	const char *what;
	uint64_t field;
	uint32_t value;
};

/* Of vector_example: two tensors in, one out; children with the func ids 0, 1, 2. */
static const struct lie lies[] = {
	{ "a signature of -1 entries",               HEAD(signature_count),          (uint32_t)-1 },
	{ "a signature of 129 entries",              HEAD(signature_count),          129 },
	{ "a signature of INT_MAX entries",          HEAD(signature_count),          INT32_MAX },
	{ "a direction that is none",                HEAD(signature),                4 },
	{ "a direction below all",                   HEAD(signature[1]),             (uint32_t)-1 },
	{ "no orchestration",                        HEAD(binary_size),              0 },
	{ "an orchestration beyond the end",         HEAD(binary_size),              64u << 20 },
	{ "an orchestration of 4 GiB",               HEAD(binary_size),              UINT32_MAX },
	{ "a name of 64 bytes",                      HEAD(function_name_length),     64 },
	{ "a name of 4 GiB",                         HEAD(function_name_length),     UINT32_MAX },
	{ "a name longer than it is",                HEAD(function_name_length),     6 },
	{ "a name shorter than it is",               HEAD(function_name_length),     1 },
	{ "no name, and a length",                   HEAD(function_name),            0 },
	{ "a name that can't be printed",            HEAD(function_name),            0x0a0a0a0a },
	{ "a config name of 64 bytes",               HEAD(config_name_length),       64 },
	{ "a config name that is not there",         HEAD(config_name_length),       5 },
	{ "-1 children",                             HEAD(child_count),              (uint32_t)-1 },
	{ "1,025 children",                          HEAD(child_count),              1025 },
	{ "INT_MAX children",                        HEAD(child_count),              INT32_MAX },
	{ "INT_MIN children",                        HEAD(child_count),              (uint32_t)INT32_MIN },
	{ "a fourth child, which is not there",      HEAD(child_count),              4 },
	{ "a func id of -1",                         HEAD(child_func_ids[0]),        (uint32_t)-1 },
	{ "a func id of 1,024",                      HEAD(child_func_ids[2]),        1024 },
	{ "a func id of INT_MAX",                    HEAD(child_func_ids[1]),        INT32_MAX },
	{ "one func id for two children",            HEAD(child_func_ids[2]),        0 },
	{ "a child that lies askew",                 HEAD(child_offsets[0]),         65 },
	{ "a child a byte from the end of all",      HEAD(child_offsets[0]),         UINT32_MAX },
	{ "a child beyond the end",                  HEAD(child_offsets[2]),         64u << 20 },
	{ "a child whose place wraps",               HEAD(child_offsets[1]),         0xFFFFFFC0 },
	{ "a child in the orchestration",            HEAD(child_offsets[0]),         0 },
	{ "a child without code",                    CHILD(0, binary_size),          0 },
	{ "a child of 4 GiB",                        CHILD(1, binary_size),          UINT32_MAX },
	{ "a child whose size is negative",          CHILD(2, binary_size),          0x80000000 },
	{ "a child that reaches into the next",      CHILD(0, binary_size),          1u << 16 },
	{ "a last child that ends beyond the end",   CHILD(2, binary_size),          1u << 20 },
	{ "a child's signature of -1 entries",       CHILD(0, signature_count),      (uint32_t)-1 },
	{ "a child's signature of 17 entries",       CHILD(2, signature_count),      17 },
};

/*
 * One honest callable is there all the time: what launches keep is kept before the mark.  So is what an unregister
 * keeps, the entry that closes an orchestration on the AICPU.
 */
static void begin(struct tare_case *c)
{
	struct tare_callable *earlier = tare_prepare_as(c, BAD, "vector_example");

	tare_launch(c, earlier);
	tare_unregister(c, earlier);
	tare_launch(c, tare_prepare_as(c, GOOD, "vector_example"));
	tare_mark(c);
}

static void end_well(struct tare_case *c)
{
	struct tare_callable *dump = tare_prepare_as(c, BAD, "dump_tensor");

	tare_launch(c, dump);
	tare_expect_floats(c, dump, 2, 6.0f);
	tare_unregister(c, dump);
	tare_expect_code(c, tare_try_launch_id(c, GOOD), 0, "launching the callable that was there all the time");
}

static void each_lie(struct tare_case *c)
{
	struct tare_copy *copy = tare_copy_of(c, "vector_example");

	begin(c);
	for (unsigned i = 0; i < TARE_COUNT_OF(lies); i++) {
		tare_restore(copy);
		tare_put(copy, lies[i].field, lies[i].value);
		int code = tare_try_prepare_copy(c, BAD, copy);
		tare_expect(c, code == REFUSED, "a callable with %s gave %d, wanted %d", lies[i].what, code, REFUSED);
	}
	end_well(c);
}

/* Where the AICPU opens the orchestration, the first launch is the earliest that can know. */
static void a_name_of_no_function(struct tare_case *c)
{
	struct tare_copy *copy = tare_copy_of(c, "vector_example");

	begin(c);
	tare_put(copy, HEAD(function_name), 0x6f6f6f6f);
	int code = tare_try_prepare_copy(c, BAD, copy);
	if (code == 0 && tare_runs_in(c, TENSORMAP_AND_RINGBUFFER)) {
		code = tare_try_launch_id(c, BAD);
		tare_expect_code(c, tare_try_unregister_id(c, BAD), 0, "unregister_callable");
	}
	tare_expect(c, code != 0, "a callable whose function is not there was taken for a good one");
	end_well(c);
}

static void each_two_children_that_overlap(struct tare_case *c)
{
	struct tare_copy *copy = tare_copy_of(c, "vector_example");

	begin(c);
	for (unsigned i = 0; i < 3; i++)
		for (unsigned k = 0; k < 3; k++) {
			uint32_t other = tare_get(copy, HEAD(child_offsets) + 4 * k);
			if (i == k)
				continue;
			tare_put(copy, HEAD(child_offsets) + 4 * i, other);
			int code = tare_try_prepare_copy(c, BAD, copy);
			tare_expect(c, code == REFUSED, "children %u and %u in one place gave %d, wanted %d", i, k, code, REFUSED);
			tare_restore(copy);
		}
	end_well(c);
}

static void cut_at_every_byte(struct tare_case *c, const char *name)
{
	struct tare_copy *copy = tare_copy_of(c, name);
	size_t accepted = 0, at = 0;

	while (copy->size) {
		tare_cut(copy, copy->size - 1);
		if (tare_try_prepare_copy(c, BAD, copy) != REFUSED) {
			accepted++;
			at = copy->size;
		}
	}
	tare_expect(c, accepted == 0, "%zu cuts of %s were not refused with %d, the last one after %zu bytes", accepted, name,
		REFUSED, at);
}

static void each_cut(struct tare_case *c)
{
	begin(c);
	cut_at_every_byte(c, "constant");
	cut_at_every_byte(c, "empty");
	end_well(c);
}

static void nothing_at_all(struct tare_case *c)
{
	begin(c);
	tare_expect_code(c, tare_try_prepare_bytes(c, BAD, NULL, 0), REFUSED, "preparing no bytes");
	tare_expect_code(c, tare_try_prepare_bytes(c, BAD, NULL, 1u << 20), REFUSED, "preparing NULL with a size");
	tare_expect_code(c, tare_try_prepare_bytes(c, BAD, lies, 0), REFUSED, "preparing 0 bytes");
	tare_expect_code(c, tare_try_prepare_bytes(c, BAD, "", 1), REFUSED, "preparing one byte");
	end_well(c);
}

/* Words of the header and what they are set to: some are refused, the rest must work or at least go back. */
static void each_bound(struct tare_case *c)
{
	static const uint64_t fields[] = {
		HEAD(signature), HEAD(signature_count), HEAD(binary_size), HEAD(function_name_length), HEAD(child_func_ids[0]),
		HEAD(child_func_ids[1]), HEAD(child_offsets[0]), HEAD(child_offsets[1]), HEAD(child_count),
		HEAD(config_name_length), CHILD(0, signature_count), CHILD(0, binary_size), CHILD(2, binary_size),
	};
	static const uint32_t values[] = { 0, 1, 2, 63, 64, 128, 1023, 4096, INT32_MAX, 0x80000000, UINT32_MAX };
	struct tare_copy *copy = tare_copy_of(c, "vector_example");

	begin(c);
	for (unsigned i = 0; i < TARE_COUNT_OF(fields) * TARE_COUNT_OF(values); i++) {
		tare_restore(copy);
		tare_put(copy, fields[i % TARE_COUNT_OF(fields)], values[i / TARE_COUNT_OF(fields)]);
		int code = tare_try_prepare_copy(c, BAD, copy);
		if (code == 0)
			code = tare_try_unregister_id(c, BAD);
		else
			tare_expect(c, code == REFUSED, "field %u with value %u gave %d", i % (unsigned)TARE_COUNT_OF(fields),
				(unsigned)values[i / TARE_COUNT_OF(fields)], code);
		tare_expect(c, code == 0 || code == REFUSED, "a callable that was accepted can't be given back: %d", code);
	}
	end_well(c);
}

/* The bytes are elsewhere only while they are prepared: a launch must not need them there. */
static void any_address(struct tare_case *c)
{
	static uint8_t elsewhere[1u << 20];
	struct tare_copy *copy = tare_copy_of(c, "vector_example");
	uint8_t *const home = copy->bytes;

	begin(c);
	for (unsigned shift = 0; shift < 16; shift++) {
		memcpy(elsewhere + shift, home, copy->size);
		copy->bytes = elsewhere + shift;
		struct tare_callable *vector = tare_prepare_copy(c, BAD, copy);
		memset(elsewhere, 0xff, sizeof(elsewhere));
		copy->bytes = home;
		tare_launch(c, vector);
		tare_expect_floats(c, vector, 2, 42.0f);
		tare_unregister(c, vector);
	}
	end_well(c);
}

/* The ABI's block has 64-bit words, and kernels are handed what the host reads there: it must lie as C lets them lie. */
static void arguments_askew(struct tare_case *c)
{
	static _Alignas(struct tare_chip_args) uint8_t room[sizeof(struct tare_chip_args) + sizeof(uint64_t)];
	struct tare_callable *vector;
	struct tare_run_timing timing;

	begin(c);
	vector = tare_prepare_as(c, BAD, "vector_example");
	tare_launch(c, vector);
	for (unsigned shift = 0; shift <= sizeof(uint64_t); shift++) {
		int wanted = shift % sizeof(uint64_t) ? REFUSED : 0;
		memcpy(room + shift, tare_arguments(vector), sizeof(struct tare_chip_args));
		memset(tare_tensor(c, vector, 2), 0xff, sizeof(float));
		int code = tare_abi(c)->run_prepared(tare_context(c), tare_runtime(c), BAD, room + shift, 3, 3, 0, 0, 0, 0, 0, "",
			&timing);
		tare_expect(c, code == wanted, "arguments %u bytes off gave %d, wanted %d", shift, code, wanted);
		if (wanted == 0)
			tare_expect_floats(c, vector, 2, 42.0f);
	}
	tare_unregister(c, vector);
	end_well(c);
}

static void bytes_are_the_callers(struct tare_case *c)
{
	struct tare_copy *copy = tare_copy_of(c, "vector_example");

	begin(c);
	struct tare_callable *vector = tare_prepare_copy(c, BAD, copy);
	tare_expect(c, tare_is_untouched(copy), "prepare wrote into the bytes it was given");
	memset(copy->bytes, 0xFF, copy->size);
	tare_launch(c, vector);
	tare_expect_floats(c, vector, 2, 42.0f);
	tare_unregister(c, vector);
	end_well(c);
}

static void code_is_aligned(struct tare_case *c)
{
	enum { CODE_ALIGN = 64 };
	struct tare_callable *first = tare_prepare_as(c, BAD, "place");

	tare_launch(c, first); /* so that what launches keep has grown to its size */
	tare_unregister(c, first);
	begin(c);
	for (unsigned i = 0; i < 3; i++) {
		struct tare_callable *place = tare_prepare_as(c, BAD, "place");
		tare_launch(c, place);
		uint64_t at = *(const uint64_t *)tare_tensor(c, place, 0);
		tare_unregister(c, place);
		tare_expect(c, at && at % CODE_ALIGN == 0, "a child's code begins at %#llx, wanted a multiple of %d",
			(unsigned long long)at, CODE_ALIGN);
	}
	end_well(c);
}

static void a_child_is_missing(struct tare_case *c)
{
	struct tare_copy *copy = tare_copy_of(c, "vector_example");

	begin(c);
	tare_put(copy, HEAD(child_func_ids[2]), 9);
	struct tare_callable *vector = tare_prepare_copy(c, BAD, copy);
	int code = tare_try_launch(c, vector);
	tare_unregister(c, vector);
	/* Found on the device, a card answers with a code of its own. */
	tare_expect(c, code < 0 || (code != 0 && tare_runs_in(c, TENSORMAP_AND_RINGBUFFER)),
		"a graph that uses a func id without a child gave %d", code);
	end_well(c);
}

#define TAKES_NOTHING { \
		{ EVERY_ACCOUNT, FROM_MARK_TO_LAST, EXACTLY, 0 }, \
		{ EVERY_ACCOUNT, AFTER_CLOSE,       EXACTLY, 0 }, \
	}

static const struct tare_spec specs[] = {
	{
		.name    = "each_lie_is_refused",
		.says    = "a callable whose header lies about a count, a size, a name or a place is refused and takes nothing",
		.when    = each_lie,
		.then    = TAKES_NOTHING,
		.because = "A27: the reference follows the header it is given, without a size to hold it against",
	},
	{
		.name    = "no_such_function",
		.says    = "a callable that names a function its object has not is refused when it is prepared, or else launched",
		.when    = a_name_of_no_function,
		.then    = TAKES_NOTHING,
		.because = "L3: an id whose object could not be opened was seen and counted, and never opened again",
	},
	{
		.name    = "overlapping_children",
		.says    = "two children in one place are refused, whichever of them lies",
		.when    = each_two_children_that_overlap,
		.then    = TAKES_NOTHING,
		.because = "a kernel's header is written to (its resolved address), and would change its neighbour's code",
	},
	{
		.name    = "each_cut_is_refused",
		.says    = "a callable that ends early, at whichever byte, is refused without a look behind its end",
		.when    = each_cut,
		.then    = TAKES_NOTHING,
		.because = "A27: storage begins at 8,852, and its length is known from the header alone",
	},
	{
		.name    = "nothing_is_refused",
		.says    = "no bytes, one byte and no address are refused",
		.when    = nothing_at_all,
		.then    = TAKES_NOTHING,
		.because = "L27: a prepare that fails must leave nothing behind, and it can't fail earlier than here",
	},
	{
		.name    = "each_bound_is_kept",
		.says    = "words of the header at their bounds are refused, or accepted and given back whole",
		.when    = each_bound,
		.then    = TAKES_NOTHING,
		.because = "26b7b1507 (#1095): what a half-finished prepare had opened stayed open",
	},
	{
		.name    = "any_address_will_do",
		.says    = "a callable is prepared from any address, aligned or not, and gives the same when it is launched",
		.when    = any_address,
		.then    = TAKES_NOTHING,
		.because = "A27: a child's 64-bit word is not aligned where storage begins at 8,852",
	},
	{
		.name    = "arguments_lie_aligned",
		.says    = "arguments at an address where C could not read them are refused, at any other they are taken",
		.when    = arguments_askew,
		.then    = TAKES_NOTHING,
		.because = "c4dd247a5 (#1151): packed words were read where they did not lie aligned",
	},
	{
		.name    = "bytes_stay_the_callers",
		.says    = "prepare writes nothing into the bytes it is given, and needs them no more afterwards",
		.when    = bytes_are_the_callers,
		.then    = TAKES_NOTHING,
		.because = "unit test of the reference: the upload of a callable leaves its host image as it was",
	},
	{
		.name    = "code_is_aligned",
		.says    = "a child's code lies at a multiple of 64 on the device, whichever child it is",
		.cells   = ONBOARD,
		.when    = code_is_aligned,
		.then    = TAKES_NOTHING,
		.because = "f8e9f336c (#979): storage begins at 8,852, and so all children lay askew",
	},
	{
		.name    = "missing_child_is_told",
		.says    = "a graph that uses a func id no child has is refused when it is launched, and the next one works",
		.when    = a_child_is_missing,
		.then    = TAKES_NOTHING,
		.because = "de32536a7 (#1847): the scheduler jumps to whatever address stands under a func id",
	},
};

const struct tare_suite tare_suite_callable = { "callable", specs, TARE_COUNT_OF(specs) };
