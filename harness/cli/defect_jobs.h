/* SPDX-License-Identifier: Apache-2.0 */
/*
 * defect_jobs - several defects at a time, each in a shop of its own
 */
#ifndef TARE_CLI_DEFECT_JOBS_H
#define TARE_CLI_DEFECT_JOBS_H

#include "defect_shop.h"

#define TARE_DEFECT_JOBS 16

struct tare__defect_jobs {
	const char *source;
	struct tare__defect *defects;
	size_t count;
	unsigned jobs;     /* from 1 to TARE_DEFECT_JOBS */
	bool keep;         /* the last defect stays in its copy */
	void (*tried)(void *cookie, const struct tare__defect *defect); /* one at a time, in the order in which they end */
	void *cookie;
};

/* Tries them all, or until it is interrupted. 0, or -1 after a sentence. */
int tare__defect_jobs(const struct tare__defect_jobs *jobs);

#endif
