/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capacity - how large the rings of a launch are
 *
 * By environment and at each bind, as the reference has it: the published ABI
 * has no place for it, and a case that sets it holds for a foreign runtime too.
 * There a word that is no number is passed over; here it ends the launch before
 * anything is taken.
 */
#include <errno.h>
#include <stdlib.h>

#include <tare/status.h>

#include "trb_priv.h"

static int read_number(const char *name, const char *text, uint64_t *value, const struct tare_log *log)
{
	unsigned long long number;
	char *end;

	errno = 0;
	number = strtoull(text, &end, 0);
	if (text[0] < '0' || text[0] > '9' || *end || errno) {
		tare_log(log, TARE_LOG_ERROR, "graph: %s=%s is no number", name, text);
		return TARE_E_ARGUMENT;
	}
	*value = number;
	return TARE_OK;
}

static int read_one(char *(*get)(const char *), const char *name, uint64_t most, uint64_t *value, const struct tare_log *log)
{
	const char *text = get(name);
	int error;

	if (!text || !text[0])
		return TARE_OK;
	error = read_number(name, text, value, log);
	if (error || *value <= most)
		return error;
	tare_log(log, TARE_LOG_ERROR, "graph: %s=%s is too large, %llu at most", name, text, (unsigned long long)most);
	return TARE_E_ARGUMENT;
}

int tare__trb_read_capacity(char *(*get)(const char *name), struct tare_trb_capacity *capacity, const struct tare_log *log)
{
	static const struct tare_trb_capacity standard = TARE_TRB_CAPACITY_DEFAULT;
	uint64_t heap = standard.heap, window = standard.task_window, deps = standard.dep_pool;
	const char *wrong;
	int error;

	*capacity = standard;
	error = read_one(get, "PTO2_RING_HEAP", TARE_TRB_HEAP_MOST, &heap, log);
	if (!error)
		error = read_one(get, "PTO2_RING_TASK_WINDOW", TARE_TRB_WINDOW_MOST, &window, log);
	if (!error)
		error = read_one(get, "PTO2_RING_DEP_POOL", TARE_TRB_DEPS_MOST, &deps, log);
	if (error)
		return error;
	capacity->heap = heap;
	capacity->task_window = (uint32_t)window;
	capacity->dep_pool = (uint32_t)deps;
	wrong = tare_trb_capacity_refuse(capacity);
	if (!wrong)
		return TARE_OK;
	tare_log(log, TARE_LOG_ERROR, "graph: PTO2_RING_HEAP %llu, PTO2_RING_TASK_WINDOW %u, PTO2_RING_DEP_POOL %u: %s",
		(unsigned long long)heap, capacity->task_window, capacity->dep_pool, wrong);
	return TARE_E_ARGUMENT;
}
