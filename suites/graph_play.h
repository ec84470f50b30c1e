/* SPDX-License-Identifier: Apache-2.0 */
/*
 * graph_play - a scene in a case
 *
 * Inputs are new for each launch, and each launch is done twice, onto results
 * that were spoiled in two ways: the bytes must be the same, so whatever a
 * launch leaves out is seen, whatever lay there before.  No input may change.
 */
#ifndef TARE_GRAPH_PLAY_H
#define TARE_GRAPH_PLAY_H

#include "graph_scene.h"

struct tare_case;

void play(struct tare_case *c, const struct scene *scene);

/* Once on `blocks` with `threads`, then on every lesser number with every lesser number: the same bytes. */
void play_at_every_width(struct tare_case *c, const struct scene *scene, int least, int blocks, int threads);

#endif
