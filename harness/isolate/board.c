/* SPDX-License-Identifier: Apache-2.0 */
#include "board.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <tare/object.h>

struct tare_board *tare_board_create(void)
{
	void *block = mmap(NULL, sizeof(struct tare_board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (block == MAP_FAILED)
		return NULL;
	struct tare_board *board = block;
	tare_board_clear(board);
	return board;
}

void tare_board_destroy(struct tare_board **board)
{
	if (!*board)
		return;
	tare_must((*board)->magic == TARE_MAGIC_BOARD);
	(*board)->magic = TARE_MAGIC_NONE;
	munmap(*board, sizeof **board);
	*board = NULL;
}

void tare_board_forget(struct tare_board **board)
{
	if (*board)
		munmap(*board, sizeof **board);
	*board = NULL;
}

void tare_board_clear(struct tare_board *board)
{
	/* The page is most of the block; only what a reader asks first is cleared, the ledger does the rest. */
	memset(board, 0, offsetof(struct tare_board, page));
	board->page.readable = 0;
	board->page.taken_at = 0;
	board->page.call_count = 0;
	memset(board->page.tally, 0, sizeof board->page.tally);
	board->page.reading_count = 0;
	board->page.survivor_count = 0;
	board->magic = TARE_MAGIC_BOARD;
}

void tare_board_fail(struct tare_board *board, uint32_t kind, uint32_t launch, const char *type, const char *sentence)
{
	uint32_t index = atomic_load(&board->failure_count);

	if (index < TARE_BOARD_FAILURES) {
		struct tare_board_failure *failure = &board->failures[index];
		failure->kind = kind;
		failure->launch = launch;
		snprintf(failure->type, sizeof failure->type, "%s", type);
		snprintf(failure->sentence, sizeof failure->sentence, "%s", sentence);
	}
	/* Counted last: a child that is killed in between leaves no half-written failure. */
	atomic_store(&board->failure_count, index + 1);
}

static void put(struct tare_board *board, uint64_t at, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		board->log[(at + i) % TARE_BOARD_LOG] = bytes[i];
}

void tare_board_log(void *cookie, enum tare_log_level level, const char *line)
{
	static const char *const words[] = { "error: ", "warn: ", "info: ", "debug: " };
	struct tare_board *board = cookie;
	const char *word = words[level > TARE_LOG_DEBUG ? TARE_LOG_DEBUG : level];
	size_t word_size = strlen(word);
	size_t size = strlen(line);

	/* The place is taken in one step, so that lines of two threads stay whole. */
	uint64_t at = atomic_fetch_add(&board->log_used, word_size + size + 1);
	put(board, at, word, word_size);
	put(board, at + word_size, line, size);
	put(board, at + word_size + size, "\n", 1);
}

const char *tare_board_log_tail(const struct tare_board *board, char *text, size_t size)
{
	uint64_t used = atomic_load(&board->log_used);
	uint64_t length = used < TARE_BOARD_LOG ? used : TARE_BOARD_LOG;

	tare_must(size > 0);
	if (length > size - 1)
		length = size - 1;
	for (uint64_t i = 0; i < length; i++)
		text[i] = board->log[(used - length + i) % TARE_BOARD_LOG];
	text[length] = '\0';
	if (length == used)
		return text;
	char *first = memchr(text, '\n', (size_t)length);
	if (first)
		memmove(text, first + 1, strlen(first + 1) + 1);
	return text;
}
