/* SPDX-License-Identifier: Apache-2.0 */
/*
 * graph_rows - the two shapes of a graph case: it holds and stays flat, or it is refused and leaves nothing
 *
 * A suite says with `enum { TIMES = ... }` how often its cases launch.
 */
#ifndef TARE_GRAPH_ROWS_H
#define TARE_GRAPH_ROWS_H

#define HELD(label, sentence, function, reason) HELD_IN(0, label, sentence, function, reason)
#define HELD_IN(where, label, sentence, function, reason) { \
	.name = label, .says = sentence, .cells = (where), .when = function, .launches = TIMES, \
	.then = { \
		{ EVERY_ACCOUNT, FROM_FIRST_LAUNCH_TO_LAST, EXACTLY, 0 }, \
		{ EVERY_ACCOUNT, AFTER_CLOSE,               EXACTLY, 0 }, \
	}, \
	.because = reason, \
}

#define REFUSED(label, sentence, function, reason) REFUSED_IN(0, label, sentence, function, reason)
#define REFUSED_IN(where, label, sentence, function, reason) { \
	.name = label, .says = sentence, .cells = (where), .when = function, .launches = TIMES, \
	.then = { \
		{ DEVICE_BYTES,  FROM_MARK_TO_LAST, EXACTLY, 0 }, \
		{ DEVICE_BLOCKS, FROM_MARK_TO_LAST, EXACTLY, 0 }, \
		{ EVERY_ACCOUNT, AFTER_CLOSE,       EXACTLY, 0 }, \
	}, \
	.because = reason, \
}

#endif
