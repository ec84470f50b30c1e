/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal - the lines themselves
 *
 *   {"what":"plan","journal":1,"run":{...},"cases":[{...},...]}
 *   {"what":"started","case":0,"attempt":1,"at":137}
 *   {"what":"ended","case":0,"attempt":1,"verdict":"PASS","microseconds":1200,...}
 *   {"what":"gap","cell":"a5/onboard/hbg","of":"rtMalloc at onboard.c:24"}
 *   {"what":"end","exit":0,"at":51000}
 *
 * A line is one write of one block that ends with LF, so that a journal whose
 * writer was killed lacks whole lines or has one cut off at its end.
 */
#ifndef TARE_REPORTS_JOURNAL_H
#define TARE_REPORTS_JOURNAL_H

#include "model.h"

/* The lines. Each is owned by the caller; NULL when memory ran out. */
json_t *tare__journal_plan(const struct tare_record_run *run, const struct tare_record_case *cases, size_t count);
json_t *tare__journal_started(size_t index, uint32_t attempt, uint64_t at);
json_t *tare__journal_ended(size_t index, const struct tare_record_outcome *outcome);
json_t *tare__journal_gap(const struct tare_record_gap *gap);
json_t *tare__journal_end(int exit_status, uint64_t at);

/*
 * Opens and empties the file; it stays locked against a second writer.
 * Returns the descriptor, or TARE_E_IO, TARE_E_BUSY with a sentence in error.
 */
int tare__journal_open(const char *path, char *error, size_t room);

/* 0, TARE_E_MEMORY, or TARE_E_IO with errno set. */
int tare__journal_write(int fd, const json_t *line);

/*
 * Reads a journal into an empty model.  A last line that was cut off is left
 * out, also where it is the plan.  TARE_E_IO, or TARE_E_ARGUMENT for what is no
 * journal of this version, with a sentence in error.
 */
int tare__journal_read(const char *path, struct tare_model *model, char *error, size_t room);

#endif
