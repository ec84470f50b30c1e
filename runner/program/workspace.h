/* SPDX-License-Identifier: Apache-2.0 */
/*
 * workspace - the schedulers' shared state, behind the image in device memory
 *
 * The host never writes it and an earlier launch left it dirty: thread 0 puts
 * all of it in order before it moves the image's phase on, and no other thread
 * reads it before.
 *
 *   struct tare__workspace | ready[AIC][task_count + 1] | ready[AIV][task_count + 1]
 *
 * A task becomes ready once, so a ready list never wraps: an entry is task + 1,
 * and 0 is the end, also of a list that is full.
 */
#ifndef TARE_PROGRAM_WORKSPACE_H
#define TARE_PROGRAM_WORKSPACE_H

#include "layout.h"

#define TARE__NO_TASK UINT32_MAX
#define TARE__TYPES 2 /* AIC, AIV: the values of enum tare_core_kind */
#define TARE__WORDS 2 /* bits for TARE_MAX_CORES */

enum tare__phase { TARE__PHASE_BOOT, TARE__PHASE_SERVE, TARE__PHASE_DONE, TARE__PHASE_FAILED };

enum tare__seat_state { TARE__SEAT_EMPTY, TARE__SEAT_OPEN, TARE__SEAT_TAKEN, TARE__SEAT_REFUSED };

/* A core, as its AICPU thread keeps it; nobody else looks at it after boot. */
struct tare__seat {
	uint64_t registers;
	uint32_t pending; /* written to DATA_MAIN_BASE, not acknowledged */
	uint32_t running; /* acknowledged, not finished */
	uint32_t state;
	uint32_t type;
};

/* The cores of one AICPU thread. */
struct tare__bench {
	uint64_t cores[TARE__TYPES][TARE__WORDS]; /* a bit each */
	uint32_t count[TARE__TYPES];
};

struct tare__ready {
	uint32_t head;
	uint32_t tail;
	uint32_t hungry; /* threads that wait with a core to spare, one bit each */
	uint32_t pad[13];
};

struct tare__workspace {
	uint64_t began;     /* device clock */
	uint32_t completed; /* tasks */
	uint32_t left;      /* threads */
	uint32_t pad[12];
	struct tare__ready ready[TARE__TYPES];
	struct tare__bench benches[TARE_MAX_AICPU_THREADS];
	struct tare__seat seats[TARE_MAX_CORES];
};

static inline uint64_t tare__ready_bytes(uint32_t task_count)
{
	return (((uint64_t)task_count + 1) * sizeof(uint32_t) + 63) / 64 * 64;
}

#endif
