/* SPDX-License-Identifier: Apache-2.0 */
/*
 * callable_read - checking a callable image before anybody looks into it
 *
 * Through the ABI an image comes without a size, from anywhere, at any
 * alignment (its storage starts at 8,852, which is not a multiple of 8:
 * facts/runtime.md A27).  So fields are copied out, never pointed at, and every
 * count and offset is checked before it is followed.
 */
#include <tare/callable.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tare/object.h>
#include <tare/status.h>
#include <tare/text.h>

/* A header that claims more is not believed: without a size, its claim would be read. */
#define LARGEST_IMAGE (256u << 20)

#define FIELD(name) (offsetof(struct tare_chip_callable, name))

struct reader {
	const uint8_t *at;
	uint64_t size; /* bytes that may be read */
	char *error;
	size_t room;
};

struct span {
	uint64_t begin;
	uint64_t end;
	int32_t child; /* -1: the orchestration */
};

static int refuse(const struct reader *reader, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int refuse(const struct reader *reader, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	if (reader->room)
		vsnprintf(reader->error, reader->room, format, list);
	va_end(list);
	return TARE_E_IMAGE;
}

static uint32_t word_at(const uint8_t *image, uint64_t offset)
{
	uint32_t word;

	memcpy(&word, image + offset, sizeof word);
	return word;
}

static int32_t number_at(const uint8_t *image, uint64_t offset)
{
	int32_t number;

	memcpy(&number, image + offset, sizeof number);
	return number;
}

static uint64_t child_offset(const uint8_t *image, int32_t i)
{
	return TARE_CHIP_STORAGE_OFFSET + (uint64_t)word_at(image, FIELD(child_offsets) + 4 * (uint64_t)i);
}

static uint32_t child_binary_size(const uint8_t *image, uint64_t offset)
{
	return word_at(image, offset + offsetof(struct tare_core_callable, binary_size));
}

static int check_signature(const struct reader *reader, const char *whose, uint64_t offset, int32_t count, int32_t most)
{
	if (count < 0 || count > most)
		return refuse(reader, "the signature of %s has %" PRId32 " entries, 0 to %" PRId32 " are possible", whose, count,
			most);
	for (int32_t i = 0; i < count; i++) {
		int32_t direction = number_at(reader->at, offset + 4 * (uint64_t)i);

		if (direction < TARE_SCALAR || direction > TARE_INOUT)
			return refuse(reader, "entry %" PRId32 " of the signature of %s is %" PRId32 ", not a direction", i, whose,
				direction);
	}
	return TARE_OK;
}

static int read_name(const struct reader *reader, const char *what, uint64_t offset, uint64_t length_offset, char *name)
{
	uint32_t length = word_at(reader->at, length_offset);

	memcpy(name, reader->at + offset, TARE_CALLABLE_NAME);
	if (length >= TARE_CALLABLE_NAME)
		return refuse(reader, "the %s is %" PRIu32 " bytes long, at most %d are possible", what, length,
			TARE_CALLABLE_NAME - 1);
	if (name[length] != '\0' || memchr(name, '\0', length))
		return refuse(reader, "the %s does not end where its length of %" PRIu32 " says", what, length);
	for (uint32_t i = 0; i < length; i++)
		if (name[i] <= ' ' || name[i] > '~')
			return refuse(reader, "byte %" PRIu32 " of the %s is %#x, not printable", i, what, (unsigned char)name[i]);
	return TARE_OK;
}

static int check_head(const struct reader *reader, struct tare_callable_view *view)
{
	int error;

	if (reader->size < TARE_CHIP_STORAGE_OFFSET)
		return refuse(reader, "the image has %" PRIu64 " bytes, its header alone has %d", reader->size,
			TARE_CHIP_STORAGE_OFFSET);
	error = check_signature(reader, "the callable", FIELD(signature), number_at(reader->at, FIELD(signature_count)),
		TARE_CHIP_TENSORS);
	if (!error)
		error = read_name(reader, "function name", FIELD(function_name), FIELD(function_name_length),
			view->function_name);
	if (!error)
		error = read_name(reader, "config name", FIELD(config_name), FIELD(config_name_length), view->config_name);
	if (error)
		return error;
	view->image = reader->at;
	view->orchestration = reader->at + TARE_CHIP_STORAGE_OFFSET;
	view->orchestration_size = word_at(reader->at, FIELD(binary_size));
	view->child_count = number_at(reader->at, FIELD(child_count));
	if (view->child_count < 0 || view->child_count > TARE_CHILDREN)
		return refuse(reader, "there are %" PRId32 " children, 0 to %d are possible", view->child_count, TARE_CHILDREN);
	if (view->orchestration_size == 0)
		return refuse(reader, "the orchestration object is empty");
	return TARE_OK;
}

/* Whether [begin, begin + size) may be read; a claim beyond reason is refused even where nobody gave a size. */
static int check_reach(const struct reader *reader, const char *whose, int32_t i, uint64_t begin, uint64_t size)
{
	uint64_t end = begin + size;

	if (end <= reader->size && end <= LARGEST_IMAGE)
		return TARE_OK;
	if (i < 0)
		return refuse(reader, "%s ends at byte %" PRIu64 ", beyond the image's %" PRIu64, whose, end,
			reader->size < LARGEST_IMAGE ? reader->size : LARGEST_IMAGE);
	return refuse(reader, "%s %" PRId32 " ends at byte %" PRIu64 ", beyond the image's %" PRIu64, whose, i, end,
		reader->size < LARGEST_IMAGE ? reader->size : LARGEST_IMAGE);
}

static int check_child(const struct reader *reader, int32_t i, struct span *span)
{
	uint64_t offset = child_offset(reader->at, i);
	char whose[24];
	int error;

	if ((offset - TARE_CHIP_STORAGE_OFFSET) % TARE_CALLABLE_ALIGN)
		return refuse(reader, "child %" PRId32 " lies at offset %" PRIu64 ", not a multiple of %d", i,
			offset - TARE_CHIP_STORAGE_OFFSET, TARE_CALLABLE_ALIGN);
	error = check_reach(reader, "the header of child", i, offset, TARE_CORE_BINARY_OFFSET);
	if (error)
		return error;
	snprintf(whose, sizeof whose, "child %" PRId32, i);
	error = check_signature(reader, whose, offset + offsetof(struct tare_core_callable, signature),
		number_at(reader->at, offset + offsetof(struct tare_core_callable, signature_count)), TARE_CORE_TENSORS);
	if (error)
		return error;
	*span = (struct span){ offset, offset + TARE_CORE_BINARY_OFFSET + child_binary_size(reader->at, offset), i };
	if (span->end == offset + TARE_CORE_BINARY_OFFSET)
		return refuse(reader, "child %" PRId32 " has no code", i);
	return check_reach(reader, "the code of child", i, offset, span->end - offset);
}

static int by_begin(const void *left, const void *right)
{
	const struct span *a = left, *b = right;

	if (a->begin != b->begin)
		return a->begin < b->begin ? -1 : 1;
	return a->child < b->child ? -1 : a->child > b->child;
}

static int check_overlap(const struct reader *reader, struct span *spans, size_t count)
{
	qsort(spans, count, sizeof *spans, by_begin);
	for (size_t i = 1; i < count; i++) {
		if (spans[i].begin >= spans[i - 1].end)
			continue;
		if (spans[i - 1].child < 0)
			return refuse(reader, "child %" PRId32 " overlaps the orchestration object", spans[i].child);
		return refuse(reader, "child %" PRId32 " overlaps child %" PRId32, spans[i].child, spans[i - 1].child);
	}
	return TARE_OK;
}

static int check_func_ids(const struct reader *reader, int32_t count)
{
	bool seen[TARE_FUNC_IDS] = { false };

	for (int32_t i = 0; i < count; i++) {
		int32_t id = number_at(reader->at, FIELD(child_func_ids) + 4 * (uint64_t)i);

		if (id < 0 || id >= TARE_FUNC_IDS)
			return refuse(reader, "child %" PRId32 " has func id %" PRId32 ", 0 to %d are possible", i, id,
				TARE_FUNC_IDS - 1);
		if (seen[id])
			return refuse(reader, "child %" PRId32 " has func id %" PRId32 " of another child", i, id);
		seen[id] = true;
	}
	return TARE_OK;
}

int tare_callable_read(const void *image, uint64_t size, struct tare_callable_view *view, char *error, size_t room)
{
	struct reader reader = { image, size, error, room };
	struct tare_callable_view found = { 0 };
	struct span spans[TARE_CHILDREN + 1];
	int status;

	if (!image)
		return refuse(&reader, "there is no image");
	status = check_head(&reader, &found);
	if (!status)
		status = check_func_ids(&reader, found.child_count);
	if (!status)
		status = check_reach(&reader, "the orchestration object", -1, TARE_CHIP_STORAGE_OFFSET,
			found.orchestration_size);
	if (status)
		return status;
	spans[0] = (struct span){ TARE_CHIP_STORAGE_OFFSET,
		TARE_CHIP_STORAGE_OFFSET + (uint64_t)found.orchestration_size, -1 };
	for (int32_t i = 0; i < found.child_count && !status; i++)
		status = check_child(&reader, i, &spans[i + 1]);
	if (!status)
		status = check_overlap(&reader, spans, (size_t)found.child_count + 1);
	if (status)
		return status;
	found.size = spans[found.child_count].end; /* sorted and apart: the last begins and ends last */
	found.content = tare_digest(0, image, found.size);
	*view = found;
	return TARE_OK;
}

void tare_callable_child(const struct tare_callable_view *view, int32_t i, struct tare_callable_child *child)
{
	tare_must(i >= 0 && i < view->child_count);
	child->func_id = number_at(view->image, FIELD(child_func_ids) + 4 * (uint64_t)i);
	child->offset = (uint32_t)child_offset(view->image, i);
	child->binary_size = child_binary_size(view->image, child->offset);
	child->binary = view->image + child->offset + TARE_CORE_BINARY_OFFSET;
}
