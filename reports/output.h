/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output - a file that is replaced whole or not at all
 *
 * Written beside itself as "<path>.part" and renamed.  What is no regular file
 * (a device, a pipe) is written in place.  The XML writer of libxml2 hides a
 * full disk when a document is small, so it writes through here, where every
 * result is looked at.
 */
#ifndef TARE_REPORTS_OUTPUT_H
#define TARE_REPORTS_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include <libxml/xmlwriter.h>

struct tare__output {
	const char *path; /* borrowed */
	char *part;       /* owned; NULL: in place */
	int fd;
	int trouble;      /* the first errno */
};

/* 0, or TARE_E_IO or TARE_E_MEMORY with a sentence in error. */
int tare__output_open(struct tare__output *output, const char *path, char *error, size_t room);
void tare__output_add(struct tare__output *output, const void *bytes, size_t size);

/*
 * The file is there when this returns 0; otherwise the one before it still is,
 * and error has a sentence.  lasting: it also outlives a power cut.
 */
int tare__output_close(struct tare__output *output, bool good, bool lasting, char *error, size_t room);

/* A writer into output, owned by the caller (xmlFreeTextWriter flushes it); NULL when memory ran out. */
xmlTextWriterPtr tare__output_xml(struct tare__output *output);

/* libxml2's characters. */
static inline const xmlChar *tare__xml(const char *text)
{
	return (const xmlChar *)text;
}

#endif
