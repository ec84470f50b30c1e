/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Valgrind's XML is written while the program runs: it may stop in the middle of
 * a word, and leaks stand behind the element that says "finished".  So it is
 * read with recovery, and an error that ends with the file is left out.
 */
#include <tare/valgrind.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <tare/status.h>

#include "clean.h"

#define MOST_BYTES   (64u << 20)
#define MOST_FRAMES  12
#define OLDEST       4
#define NEWEST       6

static bool is_named(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && !strcmp((const char *)node->name, name);
}

static const xmlNode *child_of(const xmlNode *node, const char *name)
{
	const xmlNode *child = node ? node->children : NULL;

	while (child && !is_named(child, name))
		child = child->next;
	return child;
}

/* The text of an element, cut to what fits, without anything a terminal would obey. */
static const char *text_of(const xmlNode *node, char *text, size_t room)
{
	xmlChar *content = node ? xmlNodeGetContent(node) : NULL;
	struct tare__bytes clean = { 0 };

	text[0] = '\0';
	if (content)
		tare__clean_line(&clean, (const char *)content, strlen((const char *)content));
	if (clean.at && !clean.failed)
		snprintf(text, room, "%.*s", (int)tare__clean_prefix(clean.at, clean.used, room - 1), clean.at);
	tare__bytes_drop(&clean);
	xmlFree(content);
	return text;
}

static uint64_t number_of(const xmlNode *node)
{
	char text[32];

	return strtoull(text_of(node, text, sizeof(text)), NULL, 10);
}

/* "fn (file:line)", or "fn (in object)": addresses differ from run to run. */
static void add_frame(struct tare__bytes *out, const xmlNode *frame)
{
	char name[256], file[128], line[24], object[256];
	const char *base;

	text_of(child_of(frame, "fn"), name, sizeof(name));
	text_of(child_of(frame, "file"), file, sizeof(file));
	text_of(child_of(frame, "line"), line, sizeof(line));
	text_of(child_of(frame, "obj"), object, sizeof(object));
	base = strrchr(object, '/');
	if (*file)
		tare__bytes_format(out, "  %s (%s:%s)\n", *name ? name : "?", file, line);
	else
		tare__bytes_format(out, "  %s (in %s)\n", *name ? name : "?", base ? base + 1 : *object ? object : "?");
}

static void add_stack(struct tare__bytes *out, const xmlNode *stack)
{
	size_t frames = 0;

	for (const xmlNode *frame = stack->children; frame; frame = frame->next) {
		if (!is_named(frame, "frame"))
			continue;
		if (frames++ == MOST_FRAMES) {
			tare__bytes_text(out, "  ...\n");
			return;
		}
		add_frame(out, frame);
	}
}

static void add_line(struct tare__bytes *out, const xmlNode *node)
{
	char text[512];

	tare__bytes_format(out, "%s\n", text_of(node, text, sizeof(text)));
}

static void read_what(struct tare_valgrind_finding *finding, const xmlNode *what, struct tare__bytes *out)
{
	finding->bytes = number_of(child_of(what, "leakedbytes"));
	finding->blocks = number_of(child_of(what, "leakedblocks"));
	add_line(out, child_of(what, "text"));
}

/* In the order of the document: a stack belongs to the words before it. */
static int read_error(const xmlNode *error, struct tare_valgrind_finding *finding)
{
	struct tare__bytes out = { 0 };
	size_t fits;

	*finding = (struct tare_valgrind_finding){ .count = 1 };
	text_of(child_of(error, "kind"), finding->kind, sizeof(finding->kind));
	finding->leak = !strncmp(finding->kind, "Leak_", 5);
	for (const xmlNode *node = error->children; node; node = node->next) {
		if (is_named(node, "what") || is_named(node, "auxwhat"))
			add_line(&out, node);
		else if (is_named(node, "xwhat"))
			read_what(finding, node, &out);
		else if (is_named(node, "xauxwhat"))
			add_line(&out, child_of(node, "text"));
		else if (is_named(node, "stack"))
			add_stack(&out, node);
	}
	if (out.at && !out.failed) {
		fits = tare__clean_prefix(out.at, out.used, sizeof(finding->text) - 1);
		memcpy(finding->text, out.at, fits);
	}
	int status = out.failed ? TARE_E_MEMORY : TARE_OK;
	tare__bytes_drop(&out);
	return status;
}

/* How often an error happened stands apart from it, under its own number; leaks stand there not at all. */
static uint64_t count_of(const xmlNode *root, const xmlNode *error)
{
	char unique[32], other[32];

	text_of(child_of(error, "unique"), unique, sizeof(unique));
	for (const xmlNode *counts = root->children; counts; counts = counts->next) {
		if (!is_named(counts, "errorcounts"))
			continue;
		for (const xmlNode *pair = counts->children; pair; pair = pair->next)
			if (is_named(pair, "pair") && !strcmp(text_of(child_of(pair, "unique"), other, sizeof(other)), unique))
				return number_of(child_of(pair, "count"));
	}
	return 1;
}

/* What is still reachable, or hangs on a block that is lost, is no finding of its own. */
static bool is_aside(const struct tare_valgrind_finding *finding)
{
	return !strcmp(finding->kind, "Leak_StillReachable") || !strcmp(finding->kind, "Leak_IndirectlyLost");
}

/* The words of a leak number its record, so that only the stacks tell which are the same. */
static const char *sameness(const struct tare_valgrind_finding *finding)
{
	const char *stacks = finding->leak ? strchr(finding->text, '\n') : NULL;

	return stacks ? stacks : finding->text;
}

static void keep(struct tare_valgrind *said, const struct tare_valgrind_finding *finding)
{
	for (size_t i = 0; i < said->count && i < TARE_VALGRIND_FINDINGS; i++) {
		struct tare_valgrind_finding *other = &said->findings[i];

		if (strcmp(other->kind, finding->kind) || strcmp(sameness(other), sameness(finding)))
			continue;
		other->count += finding->count;
		other->bytes += finding->bytes;
		other->blocks += finding->blocks;
		return;
	}
	if (said->count < TARE_VALGRIND_FINDINGS)
		said->findings[said->count] = *finding;
	said->count++;
}

static int read_root(const xmlNode *root, bool well_formed, struct tare_valgrind *said)
{
	struct tare_valgrind_finding *finding = malloc(sizeof(*finding));
	bool finished = false;
	int status = finding ? TARE_OK : TARE_E_MEMORY;
	char state[16];

	for (const xmlNode *node = root->children; node && !status; node = node->next) {
		if (is_named(node, "status"))
			finished |= !strcmp(text_of(child_of(node, "state"), state, sizeof(state)), "FINISHED");
		if (is_named(node, "fatal_signal"))
			text_of(child_of(node, "signame"), said->signal, sizeof(said->signal));
		if (!is_named(node, "error") || (!well_formed && !node->next))
			continue;
		status = read_error(node, finding);
		finding->count = count_of(root, node);
		if (!status && *finding->kind && !is_aside(finding))
			keep(said, finding);
	}
	free(finding);
	said->whole = well_formed && finished;
	return status;
}

static int refuse(char *error, size_t room, const char *sentence)
{
	snprintf(error, room, "%s", sentence);
	return TARE_E_ARGUMENT;
}

static int read_document(const xmlDoc *document, bool well_formed, struct tare_valgrind *said, char *error, size_t room)
{
	const xmlNode *root = document ? document->children : NULL;

	/* It never has a document type, and one could make a small file expand without end. */
	if (document && document->intSubset)
		return refuse(error, room, "it has a document type, so it is not valgrind's");
	while (root && root->type != XML_ELEMENT_NODE)
		root = root->next;
	if (!root || !is_named(root, "valgrindoutput"))
		return refuse(error, room, "it is no XML of valgrind's");
	said->protocol = (uint32_t)number_of(child_of(root, "protocolversion"));
	if (well_formed && (said->protocol < OLDEST || said->protocol > NEWEST)) {
		snprintf(error, room, "it speaks protocol %" PRIu32 ", and %d to %d are read", said->protocol, OLDEST, NEWEST);
		return TARE_E_ARGUMENT;
	}
	return read_root(root, well_formed, said);
}

int tare_valgrind_parse(const char *bytes, size_t size, struct tare_valgrind *said, char *error, size_t room)
{
	xmlParserCtxtPtr parser = xmlNewParserCtxt();
	int status = TARE_E_MEMORY;

	*said = (struct tare_valgrind){ 0 };
	snprintf(error, room, "out of memory");
	if (!parser)
		return status;
	if (size == 0 || size > MOST_BYTES) {
		status = refuse(error, room, size ? "it is too large" : "it is empty");
	} else {
		xmlDocPtr document = xmlCtxtReadMemory(parser, bytes, (int)size, NULL, NULL,
			XML_PARSE_RECOVER | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NONET);
		status = read_document(document, parser->wellFormed, said, error, room);
		xmlFreeDoc(document);
	}
	xmlFreeParserCtxt(parser);
	return status;
}

static int read_bytes(const char *path, struct tare__bytes *bytes)
{
	FILE *file = fopen(path, "rb");
	char block[16384];
	size_t got;

	if (!file)
		return TARE_E_NOT_FOUND;
	while ((got = fread(block, 1, sizeof(block), file)) > 0 && bytes->used <= MOST_BYTES)
		tare__bytes_add(bytes, block, got);
	fclose(file);
	return bytes->failed ? TARE_E_MEMORY : TARE_OK;
}

int tare_valgrind_read(const char *path, struct tare_valgrind *said, char *error, size_t room)
{
	struct tare__bytes bytes = { 0 };
	char why[160] = "out of memory";
	int status = read_bytes(path, &bytes);

	*said = (struct tare_valgrind){ 0 };
	if (status == TARE_E_NOT_FOUND)
		snprintf(why, sizeof(why), "%s", strerror(errno));
	if (!status)
		status = tare_valgrind_parse(bytes.at, bytes.used, said, why, sizeof(why));
	if (status)
		snprintf(error, room, "%s: %s", path, why);
	tare__bytes_drop(&bytes);
	return status;
}
