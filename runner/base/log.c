/* SPDX-License-Identifier: Apache-2.0 */
#include <tare/log.h>

#include <stdarg.h>
#include <stdio.h>

void tare_log(const struct tare_log *log, enum tare_log_level level, const char *format, ...)
{
	char line[1024];
	va_list list;

	if (!log || !log->write || level > log->level)
		return;
	va_start(list, format);
	vsnprintf(line, sizeof line, format, list);
	va_end(list);
	log->write(log->cookie, level, line);
}

void tare_log_to_stderr(void *cookie, enum tare_log_level level, const char *line)
{
	(void)cookie;
	(void)level;
	fprintf(stderr, "tare: %s\n", line);
}
