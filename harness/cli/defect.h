/* SPDX-License-Identifier: Apache-2.0 */
/*
 * defect - a historic fault as a patch, and what must be said about it
 *
 * The head of a patch, before its first "--- " or "diff ", is lines of
 * "Word: text".  Words are Incident, What, By, Cases, Cells, Verdict, Account,
 * Launch and Says; other lines are for people.  A word that comes a
 * second time (but Says) begins a second wish, which has the first one's cells
 * unless it names its own.
 */
#ifndef TARE_CLI_DEFECT_H
#define TARE_CLI_DEFECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TARE_DEFECT_PATH   4096
#define TARE_DEFECT_WISHES 4
#define TARE_DEFECT_SAYS   4
#define TARE_DEFECT_REASON 320

struct tare__wish { /* every case that is selected must end like this */
	char cases[256];    /* patterns between blanks or commas */
	char cells[64];     /* pattern; empty: all */
	char by[8];         /* the command that must see it: run, sweep; empty: run */
	char verdict[16];
	char account[48];   /* "kernel_images"; empty: any */
	uint32_t launch;    /* first broken; 0: any */
	char says[TARE_DEFECT_SAYS][160];
	size_t says_count;
};

struct tare__defect {
	char name[64];
	char path[TARE_DEFECT_PATH];
	char incident[200];
	char what[200];     /* what the patch does, for people */
	struct tare__wish wishes[TARE_DEFECT_WISHES];
	size_t wish_count;
	uint32_t mark;      /* of its bytes, as cksum counts it */
	/* what came of it */
	bool caught;
	bool inapplicable;                /* its patch is of another tree than this one */
	char reason[TARE_DEFECT_REASON];  /* why it was missed */
	char text[4096];                  /* what was reported, by one case of each wish */
	char again[TARE_DEFECT_PATH + 512];/* the command that repeats it */
	uint64_t milliseconds;
};

/*
 * Reads a patch's head, and refuses a patch of more than lines of regular files below runner, harness, suites and fixtures.
 * 0, or -1 with a sentence in reason.
 */
int tare__defect_read(struct tare__defect *defect, const char *path);

/* Brings those to the front that `by` chooses: other ones for each text, the same for the same. */
void tare__defect_choose(struct tare__defect *defects, size_t count, size_t some, const char *by);

/*
 * Compares a run's journal with a wish.  Returns whether it is as wished; if
 * not, reason has the sentence.  text gets what the first case reported.
 */
bool tare__defect_judge(const struct tare__wish *wish, const char *journal, char reason[TARE_DEFECT_REASON], char *text,
	size_t room);

/*
 * Makes `to` the same as `from`, in the files and folders below that are named
 * in `names` (NULL ends): only what differs is written, so that a build beside
 * it does no more than it must, and what is not in `from` is removed.
 * 0, or -1 with a sentence in reason.
 */
int tare__tree_mirror(const char *from, const char *to, const char *const names[], char reason[TARE_DEFECT_REASON]);

#endif
