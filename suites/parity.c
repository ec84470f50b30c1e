/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parity - the same work gives the same bytes, wherever it is done
 *
 * Kernels are the same and sums go in the same order, whichever runtime found
 * the order out, whichever architecture and platform it ran on.  So there is one
 * hash for all cells; that the values are right is for the scenes to say.
 *
 * And the same resources: what a context takes and gives back, in its order, is one list, in which everything that
 * either platform has alone stands with its reason.
 */
#include <tare/spec.h>

#include <string.h>

#include "graph_scene.h"

static uint64_t hash_of(const void *bytes, size_t size)
{
	const unsigned char *at = bytes;
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ at[i]) * 0x100000001b3u;
	return hash;
}

/* Of the only result there is, after a launch with that series. */
static void expect_hash(struct tare_case *c, const struct scene *scene, uint64_t wanted)
{
	struct tare_callable *callable = tare_prepare(c, scene->callable);
	void *tensors[SCENE_TENSORS];
	size_t counts[SCENE_TENSORS];
	unsigned result = 0;

	while (~scene->results >> result & 1)
		result++;
	for (unsigned i = 0; i < scene->tensors; i++) {
		tensors[i] = tare_tensor(c, callable, i);
		counts[i] = tare_tensor_count(callable, i);
	}
	memset(tensors[result], 0xff, counts[result] * scene_bytes(scene, result));
	scene->fill(scene, tensors, counts, 7);
	tare_launch(c, callable);
	uint64_t hash = hash_of(tensors[result], counts[result] * scene_bytes(scene, result));
	tare_expect(c, hash == wanted, "%s gave bytes of hash %#llx, in every other cell they have %#llx", scene->callable,
		(unsigned long long)hash, (unsigned long long)wanted);
}

static void five_tasks(struct tare_case *c)  { expect_hash(c, &scene_vector, 0xe481ed0d1d3c3eb8); }
static void halves(struct tare_case *c)      { expect_hash(c, &scene_matmul, 0x3399ad404b679ed6); }
static void tiles(struct tare_case *c)       { expect_hash(c, &scene_bgemm, 0xf8150364f07b3d40); }
static void attention(struct tare_case *c)   { expect_hash(c, &scene_attention_narrow, 0x06e67005bbbcde90); }

/* -- what is taken and given back -------------------------------------------- */

enum stage { OPENED, PREPARED, LAUNCHED, LAUNCHED_AGAIN, UNREGISTERED, CLOSED };

static const char *const stages[] = {
	"init", "prepare_callable", "the first launch", "the second launch", "unregister_callable", "finalize_device",
};

/* So many of one account, taken or, below 0, given back. `where`: as in .cells; a row that is not for all has its reason. */
struct moves {
	enum stage stage;
	unsigned where;
	int account, count;
	const char *because;
};

#define BY_NAME "an object of the host is opened by the name of a file, which goes again"

static const struct moves all_moves[] = {
	{ OPENED, ONBOARD, DEVICE_REFERENCES, 1, "sim has no card that a thread could be bound to" },
	{ OPENED, ONBOARD, STREAMS, 2, "sim runs what it launches at once" },
	{ OPENED, ONBOARD, DEVICE_BLOCKS, 3, "the AICPU object reaches the card through its bootstrap" },
	{ OPENED, ONBOARD, DEVICE_BLOCKS, -3, "the same" },
	{ OPENED, 0, TEMPORARY_FILES, 1, NULL },
	{ OPENED, ONBOARD, AICPU_BINARIES, 1, "the driver loads what the host opens in sim" },
	{ OPENED, SIM, HOST_OBJECTS, 1, "the same" },
	{ OPENED, 0, TEMPORARY_FILES, -1, NULL },
	{ OPENED, ONBOARD, FUNCTION_HANDLES, 2, "entries are handles of the driver there, and plain addresses in sim" },
	{ OPENED, SIM, HOST_MAPPINGS, 2, "stacks and registers of the cores, which onboard the machine has" },
	{ OPENED, 0, DEVICE_BLOCKS, 4, NULL },

	{ PREPARED, 0, DEVICE_BLOCKS, 1, NULL },
	{ PREPARED, HOST_BUILD_GRAPH, TEMPORARY_FILES, 1, "its orchestration runs on the host" },
	{ PREPARED, HOST_BUILD_GRAPH, HOST_OBJECTS, 1, "the same" },
	{ PREPARED, HOST_BUILD_GRAPH, TEMPORARY_FILES, -1, "the same" },
	{ PREPARED, SIM, TEMPORARY_FILES, 1, "a kernel is text on the card, and an object in sim" },
	{ PREPARED, SIM, HOST_OBJECTS, 1, "the same" },
	{ PREPARED, SIM, TEMPORARY_FILES, -1, "the same" },
	{ PREPARED, SIM, TEMPORARY_FILES, 1, "the same, the second kernel" },
	{ PREPARED, SIM, HOST_OBJECTS, 1, "the same" },
	{ PREPARED, SIM, TEMPORARY_FILES, -1, "the same" },
	{ PREPARED, SIM, TEMPORARY_FILES, 1, "the same, the third" },
	{ PREPARED, SIM, HOST_OBJECTS, 1, "the same" },
	{ PREPARED, SIM, TEMPORARY_FILES, -1, "the same" },

	{ LAUNCHED, 0, DEVICE_BLOCKS, 3, NULL },
	{ LAUNCHED, ONBOARD | TENSORMAP_AND_RINGBUFFER, FUNCTION_HANDLES, 1, "the entry that closes it there is found before it is open" },
	{ LAUNCHED, 0, DEVICE_BLOCKS, 4, NULL },
	{ LAUNCHED, HOST_BUILD_GRAPH, DEVICE_BLOCKS, 1, "what its orchestration allocates; the other's comes from a ring" },
	{ LAUNCHED, SIM, TEMPORARY_FILES, 1, BY_NAME },
	{ LAUNCHED, 0, IMAGE_REGISTRATIONS, 1, NULL },
	{ LAUNCHED, SIM, TEMPORARY_FILES, -1, BY_NAME },
	{ LAUNCHED, SIM | TENSORMAP_AND_RINGBUFFER, TEMPORARY_FILES, 1, "what the AICPU opens, in sim the host opens for it" },
	{ LAUNCHED, SIM | TENSORMAP_AND_RINGBUFFER, HOST_OBJECTS, 1, "the same" },
	{ LAUNCHED, SIM | TENSORMAP_AND_RINGBUFFER, TEMPORARY_FILES, -1, "the same" },

	{ UNREGISTERED, HOST_BUILD_GRAPH, HOST_OBJECTS, -1, "its orchestration was opened on the host" },
	{ UNREGISTERED, SIM | TENSORMAP_AND_RINGBUFFER, HOST_OBJECTS, -1, "what the AICPU had opened" },
	{ UNREGISTERED, SIM, HOST_OBJECTS, -3, "the three kernels" },
	{ UNREGISTERED, 0, DEVICE_BLOCKS, -1, NULL },

	{ CLOSED, ONBOARD, STREAMS, -2, "sim has none" },
	{ CLOSED, ONBOARD, AICPU_BINARIES, -1, "sim has opened it as an object of the host" },
	{ CLOSED, SIM, HOST_MAPPINGS, -2, "onboard they are the machine's" },
	{ CLOSED, 0, IMAGE_REGISTRATIONS, -1, NULL },
	{ CLOSED, SIM, HOST_OBJECTS, -1, "onboard it was a binary" },
	{ CLOSED, 0, DEVICE_BLOCKS, -11, NULL },
	{ CLOSED, HOST_BUILD_GRAPH, DEVICE_BLOCKS, -1, "what its orchestration allocated" },
	{ CLOSED, ONBOARD, DEVICE_REFERENCES, -1, "sim has no card that a thread could be bound to" },
};

static bool holds_at(const struct moves *row, enum stage stage, unsigned cell)
{
	const unsigned platforms = ONBOARD | SIM, graphs = HOST_BUILD_GRAPH | TENSORMAP_AND_RINGBUFFER;

	return row->stage == stage && (!(row->where & platforms) || row->where & cell & platforms) &&
	       (!(row->where & graphs) || row->where & cell & graphs);
}

static void expect_moves(struct tare_case *c, enum stage stage, unsigned cell)
{
	struct tare_move moves[128];
	size_t count = tare_moves(c, moves, TARE_COUNT_OF(moves)), at = 0;

	for (size_t i = 0; i < TARE_COUNT_OF(all_moves); i++) {
		const struct moves *row = &all_moves[i];
		int by = row->count < 0 ? -1 : 1;

		tare_expect(c, !row->where == !row->because, "row %zu of the list is not for all and has no reason, or the reverse",
			i + 1);
		for (int left = row->count * by; holds_at(row, stage, cell) && left; left--, at++) {
			bool same = at < count && moves[at].account == row->account && moves[at].by == by;

			tare_expect(c, same, "%s: move %zu of %zu is %s, %d; row %zu of the list says otherwise", stages[stage], at + 1,
				count, at < count ? moves[at].words : "nothing", at < count ? moves[at].by : 0, i + 1);
		}
	}
	tare_expect(c, at == count, "%s: %zu moves, and the list has %zu; the next is %s, %d", stages[stage], count, at,
		at < count ? moves[at].words : "", at < count ? moves[at].by : 0);
}

static void expect_life(struct tare_case *c, unsigned cell)
{
	tare_open(c);
	expect_moves(c, OPENED, cell);
	struct tare_callable *vector = tare_prepare(c, "vector_five");
	expect_moves(c, PREPARED, cell);
	tare_launch(c, vector);
	expect_moves(c, LAUNCHED, cell);
	tare_launch(c, vector);
	expect_moves(c, LAUNCHED_AGAIN, cell);
	tare_unregister(c, vector);
	expect_moves(c, UNREGISTERED, cell);
	tare_close(c);
	expect_moves(c, CLOSED, cell);
}

static void onboard_built_by_the_host(struct tare_case *c) { expect_life(c, ONBOARD | HOST_BUILD_GRAPH); }
static void in_sim_built_by_the_host(struct tare_case *c)  { expect_life(c, SIM | HOST_BUILD_GRAPH); }

static void onboard_found_on_the_device(struct tare_case *c) { expect_life(c, ONBOARD | TENSORMAP_AND_RINGBUFFER); }
static void in_sim_found_on_the_device(struct tare_case *c)  { expect_life(c, SIM | TENSORMAP_AND_RINGBUFFER); }

#define TRACE(label, where, function) { \
	.name = label, .says = "what is taken and given back, in its order, is one list, with a reason for what differs", \
	.cells = where, .when = function, .then = { { EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 } }, \
	.because = "6e118b2c0 (#526): when an object was closed differed from platform to platform", \
}

#define SAME(label, sentence, function, reason) { \
	.name = label, .says = sentence, .when = function, .scale = { .block_dim = 8 }, \
	.then = { { EVERY_ACCOUNT, AFTER_CLOSE, EXACTLY, 0 } }, \
	.because = reason, \
}

static const struct tare_spec specs[] = {
	SAME("vector", "five tasks over vectors give the same bytes in every cell", five_tasks,
		"80c4cfb28 (#926): what each architecture had a copy of drifted apart"),
	SAME("matmul", "products of half floats, roots and exponentials give the same bytes in every cell", halves,
		"a difference in the last digit hides in a tolerance"),
	SAME("bgemm", "64 products added up give the same bytes in every cell, whether through memory or between cores", tiles,
		"sums in another order are right within a tolerance, and another order is another dependency"),
	SAME("attention", "attention gives the same bytes in every cell, whoever found the order of its updates", attention,
		"updates in the order of chance are right within a tolerance"),
	TRACE("resources_onboard", ONBOARD | HOST_BUILD_GRAPH, onboard_built_by_the_host),
	TRACE("resources_in_sim", SIM | HOST_BUILD_GRAPH, in_sim_built_by_the_host),
	TRACE("resources_of_rings_onboard", ONBOARD | TENSORMAP_AND_RINGBUFFER, onboard_found_on_the_device),
	TRACE("resources_of_rings_in_sim", SIM | TENSORMAP_AND_RINGBUFFER, in_sim_found_on_the_device),
};

const struct tare_suite tare_suite_parity = { "parity", specs, TARE_COUNT_OF(specs) };
