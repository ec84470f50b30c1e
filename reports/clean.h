/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clean - any bytes in, text that every reader of a report accepts out
 *
 * libxml2's writer copies control characters, broken UTF-8 and U+FFFF through
 * and reports success; the file is then lost for every strict parser.  So no
 * byte reaches a report but through here.
 *
 * Each bad byte of UTF-8, U+FFFE and U+FFFF become U+FFFD.  Terminal sequences
 * go away.  CR LF and CR become LF.  Other control characters are shown as
 * \xNN, and the signs that reverse the order of text as \u{NNNN}.
 * What is clean comes back unchanged.
 */
#ifndef TARE_REPORTS_CLEAN_H
#define TARE_REPORTS_CLEAN_H

#include "bytes.h"

void tare__clean_text(struct tare__bytes *out, const char *bytes, size_t size);

/* For an attribute: tabs and line ends are blanks, runs of blanks one, none at the ends. */
void tare__clean_line(struct tare__bytes *out, const char *bytes, size_t size);

/*
 * Adds clean text of at most `most` bytes: where it is longer its head and its
 * tail stay, with "[... N bytes cut ...]" between them on a line of its own.
 * most >= 128.
 */
void tare__clean_cut(struct tare__bytes *out, const char *clean, size_t size, size_t most);

/* The largest prefix of at most `most` bytes that does not split a character. */
size_t tare__clean_prefix(const char *clean, size_t size, size_t most);

#endif
