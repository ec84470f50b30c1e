/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scheduler - one AICPU thread and the cores it serves
 *
 * boot.c seats the cores and prepares the lists, once, on thread 0; serve.c
 * hands out tasks, on every thread; both end through leave.
 */
#ifndef TARE_PROGRAM_SCHEDULER_H
#define TARE_PROGRAM_SCHEDULER_H

#include <stdbool.h>

#include "hands.h"

#define TARE__LOCAL 128u /* above the most cores of one type, a power of two */

/* Tasks this thread made ready and has cores for: no other thread sees them. */
struct tare__local {
	uint32_t head;
	uint32_t count;
	uint32_t room; /* own cores of the type */
	uint32_t tasks[TARE__LOCAL];
};

/* One thread's view of a launch; on its stack. */
struct tare__crew {
	struct tare_device_port *port;
	const struct tare_core_ops *ops;
	struct tare_hbg_image *image;
	struct tare__workspace *workspace;
	const void *args;
	struct tare_hbg_task *tasks;
	const struct tare_hbg_edge *edges;
	uint32_t *ready[TARE__TYPES];
	uint32_t me;
	bool alone;      /* no other thread schedules: plain memory will do */
	uint32_t done;   /* tasks finished and not published yet */
	uint32_t hungry; /* types this thread has asked for */
	uint64_t own[TARE__WORDS];               /* its cores */
	uint64_t idle[TARE__TYPES][TARE__WORDS]; /* of those, with nothing to do */
	uint64_t half[TARE__TYPES][TARE__WORDS]; /* of those, running with nothing pending */
	struct tare__local local[TARE__TYPES];
};

static inline struct tare__hands tare__crew_hands(const struct tare__crew *crew)
{
	return (struct tare__hands){ .port = crew->port, .args = crew->args, .workers = crew->image->workers,
		.seats = crew->workspace->seats, .count = crew->image->worker_count,
		.error_worker = &crew->image->error_worker };
}

/* boot.c. 0 or a tare_status; on error the launch is already failed. */
int tare__scheduler_boot(struct tare__crew *crew);

/* Ends the launch with that status unless it failed earlier; returns the status it ends with. */
int tare__scheduler_fail(struct tare__crew *crew, int status);

/* serve.c */
int tare__scheduler_serve(struct tare__crew *crew);

/* leave.c: sends the thread's cores away, then, as the last thread, closes the launch. */
int tare__scheduler_dismiss(struct tare__crew *crew);
int tare__scheduler_leave(struct tare__crew *crew);

#endif
