/* SPDX-License-Identifier: Apache-2.0 */
/* trb_scenes - orchestrations and kernels for trb_test; arguments: a, b, f of 64 floats, marks, a number */
#ifndef TARE_FABRIC_TRB_SCENES_H
#define TARE_FABRIC_TRB_SCENES_H

#include "trb_launch.h"

#define MARKS 512
#define MEETINGS 300 /* the first of three marks */

void scene_kernels(uint64_t *kernels); /* fills a table of entries by function id */

extern const struct trb_object scene_vector;    /* five tasks: f = (a + b + 1)(a + b + 2) + (a + b) */
extern const struct trb_object scene_empty;
extern const struct trb_object scene_mix;       /* 96 blocks of all three kernels; each leaves a mark */
extern const struct trb_object scene_together;  /* as many blocks as there are cores, which wait for each other; AIC, AIV, MIX */
extern const struct trb_object scene_chain;     /* 1,000 tasks that add 1 to mark 0 if it is as it should be */
extern const struct trb_object scene_fatal;
extern const struct trb_object scene_counted;   /* wants five arguments */
extern const struct trb_object scene_nameless;  /* has no entry */
extern const struct trb_object scene_hang;      /* a kernel never returns */
extern const struct trb_object scene_hang_read; /* and what it would write is read */

#endif
