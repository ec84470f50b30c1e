/* SPDX-License-Identifier: Apache-2.0 */
/*
 * object - the magic word that every opaque struct starts with
 *
 * It is set last in create, cleared first in destroy and checked at each public
 * door, so that a stale or foreign handle dies at the door.  The numbers stand
 * here and nowhere else; scripts/check/magic proves them unique.
 */
#ifndef TARE_OBJECT_H
#define TARE_OBJECT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum tare_magic {
	TARE_MAGIC_NONE     = 0,
	TARE_MAGIC_RUNNER   = 0x52554e31, /* "RUN1" */
	TARE_MAGIC_PLATFORM = 0x504c4154, /* "PLAT" */
	TARE_MAGIC_FABRIC   = 0x46414231, /* "FAB1" */
	TARE_MAGIC_HEAP     = 0x48454150, /* "HEAP" */
	TARE_MAGIC_DEVICE   = 0x44455631, /* "DEV1" */
	TARE_MAGIC_STREAM   = 0x53545231, /* "STR1" */
	TARE_MAGIC_PROGRAM  = 0x50524731, /* "PRG1" */
	TARE_MAGIC_BINARY   = 0x42494e31, /* "BIN1" */
	TARE_MAGIC_FUNCTION = 0x46554e31, /* "FUN1" */
	TARE_MAGIC_GRAPH    = 0x47524631, /* "GRF1" */
	TARE_MAGIC_LEDGER   = 0x4c454447, /* "LEDG" */
	TARE_MAGIC_FAULT    = 0x464c5431, /* "FLT1" */
	TARE_MAGIC_BOARD    = 0x424f5244, /* "BORD" */
	TARE_MAGIC_JOURNAL  = 0x4a4f5552, /* "JOUR" */
	TARE_MAGIC_CASE     = 0x43415345, /* "CASE" */
};

/* The impossible: prints file, line and the condition, then aborts. Always on. */
#define tare_must(condition) \
	((condition) ? (void)0 : tare_must_failed(__FILE__, __LINE__, #condition))

void tare_must_failed(const char *file, int line, const char *condition) __attribute__((noreturn));

#define TARE_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#ifdef __cplusplus
}
#endif

#endif
