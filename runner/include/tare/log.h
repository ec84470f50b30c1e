/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log - one line is one event
 *
 * A logger is a small value given at open, never a global.  The line carries
 * no newline, no time and no level word: the sink adds what it wants.
 */
#ifndef TARE_LOG_H
#define TARE_LOG_H

#ifdef __cplusplus
extern "C" {
#endif

enum tare_log_level {
	TARE_LOG_ERROR = 0,
	TARE_LOG_WARN  = 1,
	TARE_LOG_INFO  = 2,
	TARE_LOG_DEBUG = 3,
};

struct tare_log {
	void (*write)(void *cookie, enum tare_log_level level, const char *line);
	void *cookie;              /* borrowed for as long as the logger is used */
	enum tare_log_level level; /* lines above it are dropped before formatting */
};

/* A NULL log, or one without write, drops every line.  A line longer than 1,023 bytes is cut. */
void tare_log(const struct tare_log *log, enum tare_log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Writes "tare: <line>" to standard error. */
void tare_log_to_stderr(void *cookie, enum tare_log_level level, const char *line);

#ifdef __cplusplus
}
#endif

#endif
