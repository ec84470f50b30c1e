/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cell - one of 2 x 2 x 2: architecture, platform, graph runtime
 *
 * Text form "a5/onboard/hbg".
 */
#ifndef TARE_CELL_H
#define TARE_CELL_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum tare_arch_id { TARE_ARCH_A2A3, TARE_ARCH_A5, TARE_ARCH_COUNT };
enum tare_platform_id { TARE_PLATFORM_ONBOARD, TARE_PLATFORM_SIM, TARE_PLATFORM_COUNT };
enum tare_graph_id { TARE_GRAPH_HBG, TARE_GRAPH_TRB, TARE_GRAPH_COUNT };

struct tare_cell {
	enum tare_arch_id arch;
	enum tare_platform_id platform;
	enum tare_graph_id graph;
};

#define TARE_CELL_TEXT 32 /* bytes that hold any cell's text form */

const char *tare_arch_name(enum tare_arch_id arch);             /* "a2a3" | "a5" */
const char *tare_platform_name(enum tare_platform_id platform); /* "onboard" | "sim" */
const char *tare_graph_name(enum tare_graph_id graph);          /* "hbg" | "trb" */

/* Writes the text form into text and returns text. */
const char *tare_cell_text(struct tare_cell cell, char text[TARE_CELL_TEXT]);

/* Reads the text form; also "host_build_graph" and "tensormap_and_ringbuffer". 0 or TARE_E_ARGUMENT. */
int tare_cell_read(const char *text, struct tare_cell *cell);

/* The cells this build embeds, in order; *count of them. Static. */
const struct tare_cell *tare_cells(size_t *count);

#ifdef __cplusplus
}
#endif

#endif
