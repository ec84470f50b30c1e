/* SPDX-License-Identifier: Apache-2.0 */
/* The corpus beside this file, each of it cut off at every byte and with every byte spoiled. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <tare/object.h>
#include <tare/status.h>
#include <tare/valgrind.h>

static struct tare_valgrind said;
static char sentence[512];

static int read_file(const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), TARE_CORPUS "/%s", name);
	return tare_valgrind_read(path, &said, sentence, sizeof(sentence));
}

static char *bytes_of(const char *name, size_t *size)
{
	char path[512], *bytes = calloc(1, 16384);

	snprintf(path, sizeof(path), TARE_CORPUS "/%s", name);
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	assert_non_null(bytes);
	*size = fread(bytes, 1, 16383, file);
	fclose(file);
	return bytes;
}

static int parse(const char *text)
{
	return tare_valgrind_parse(text, strlen(text), &said, sentence, sizeof(sentence));
}

static void findings_come_with_their_stacks(void **state)
{
	(void)state;
	assert_int_equal(read_file("protocol4.xml"), TARE_OK);
	assert_int_equal(said.protocol, 4);
	assert_true(said.whole);
	assert_string_equal(said.signal, "");
	assert_int_equal(said.count, 2);
	assert_string_equal(said.findings[0].kind, "InvalidRead");
	assert_false(said.findings[0].leak);
	assert_int_equal(said.findings[0].count, 3);
	assert_string_equal(said.findings[0].text,
		"Invalid read of size 4\n"
		"  reads_after_free (sanity.c:120)\n"
		"  start<main> (in libc.so.6)\n"
		"  ? (in ?)\n"
		"Address 0x200 is 0 bytes inside a block of size 500 free'd\n"
		"  give_back (memory.c:7)\n");
}

/* Two records of one place are one leak; what is still reachable is none. */
static void leaks_of_one_place_are_one(void **state)
{
	(void)state;
	assert_int_equal(read_file("protocol4.xml"), TARE_OK);
	assert_string_equal(said.findings[1].kind, "Leak_DefinitelyLost");
	assert_true(said.findings[1].leak);
	assert_int_equal(said.findings[1].bytes, 100);
	assert_int_equal(said.findings[1].blocks, 3);
	assert_int_equal(said.findings[1].count, 2);
}

static void newer_protocols_are_read(void **state)
{
	(void)state;
	assert_int_equal(read_file("protocol5.xml"), TARE_OK);
	assert_true(said.whole);
	assert_string_equal(said.signal, "SIGSEGV");
	assert_int_equal(said.count, 2);
	assert_string_equal(said.findings[0].text,
		"Conditional jump or move depends on uninitialised value(s)\n  asks (a.c:1)\n"
		"Uninitialised value was created by a heap allocation\n  takes (a.c:2)\n");
	assert_string_equal(said.findings[1].kind, "FdNotClosed");
	assert_int_equal(read_file("protocol6.xml"), TARE_OK);
	assert_true(said.whole);
	assert_int_equal(said.count, 1);
	assert_string_equal(said.findings[0].kind, "Leak_PossiblyLost");
	assert_int_equal(said.findings[0].bytes, 8);
}

static void what_is_not_valgrinds_is_refused(void **state)
{
	(void)state;
	assert_int_equal(read_file("type.xml"), TARE_E_ARGUMENT);
	assert_non_null(strstr(sentence, "type.xml: it has a document type"));
	assert_int_equal(read_file("absent.xml"), TARE_E_NOT_FOUND);
	assert_non_null(strstr(sentence, "absent.xml: No such file"));
	assert_int_equal(parse(""), TARE_E_ARGUMENT);
	assert_int_equal(parse("<testsuites/>"), TARE_E_ARGUMENT);
	assert_int_equal(parse("\x7f""ELF"), TARE_E_ARGUMENT);
	assert_int_equal(parse("<valgrindoutput><protocolversion>7</protocolversion></valgrindoutput>"), TARE_E_ARGUMENT);
	assert_string_equal(sentence, "it speaks protocol 7, and 4 to 6 are read");
	assert_int_equal(parse("<valgrindoutput><protocolversion>4</protocolversion></valgrindoutput>"), TARE_OK);
	assert_false(said.whole);
}

static bool is_finding_of(const struct tare_valgrind_finding *one, const struct tare_valgrind *all)
{
	for (size_t i = 0; i < all->count; i++)
		if (!strcmp(one->kind, all->findings[i].kind))
			return true;
	return false;
}

/* A cut file is never taken for a whole one, and what it says stood in the whole one. */
static void a_file_may_end_anywhere(void **state)
{
	static const char *const names[] = { "protocol4.xml", "protocol5.xml", "protocol6.xml" };
	struct tare_valgrind *whole = malloc(sizeof(*whole));

	(void)state;
	assert_non_null(whole);
	for (size_t n = 0; n < TARE_COUNT(names); n++) {
		size_t size, most = 0;
		char *bytes = bytes_of(names[n], &size);

		assert_int_equal(tare_valgrind_parse(bytes, size, whole, sentence, sizeof(sentence)), TARE_OK);
		for (size_t cut = 0; cut + 2 < size; cut++) {
			char *exact = malloc(cut ? cut : 1); /* so that a sanitizer sees a read too far */

			assert_non_null(exact);
			memcpy(exact, bytes, cut);
			if (tare_valgrind_parse(exact, cut, &said, sentence, sizeof(sentence)) == TARE_OK)
				assert_false(said.whole);
			assert_true(said.count >= most);
			most = said.count;
			for (size_t i = 0; i < said.count; i++)
				assert_true(is_finding_of(&said.findings[i], whole));
			free(exact);
		}
		assert_int_equal(most, whole->count);
		free(bytes);
	}
	free(whole);
}

static void any_byte_may_be_anything(void **state)
{
	static const char spoilers[] = { '\0', '<', '>', '&', '\x1b', '\xff', '\xc3' };
	size_t size;
	char *bytes = bytes_of("protocol4.xml", &size);

	(void)state;
	for (size_t at = 0; at < size; at++) {
		char before = bytes[at];

		bytes[at] = spoilers[at % sizeof(spoilers)];
		tare_valgrind_parse(bytes, size, &said, sentence, sizeof(sentence));
		for (size_t i = 0; i < said.count && i < TARE_VALGRIND_FINDINGS; i++)
			assert_null(strpbrk(said.findings[i].text, "\x1b\x7f"));
		bytes[at] = before;
	}
	free(bytes);
}

static void more_than_there_is_room_for_are_counted(void **state)
{
	char text[8192] = "<valgrindoutput><protocolversion>4</protocolversion>";

	(void)state;
	for (int i = 0; i < 40; i++) {
		size_t used = strlen(text);
		snprintf(text + used, sizeof(text) - used, "<error><unique>%d</unique><kind>Kind%d</kind><what>%d</what></error>", i,
			i, i);
	}
	strcat(text, "<status><state>FINISHED</state></status></valgrindoutput>");
	assert_int_equal(parse(text), TARE_OK);
	assert_true(said.whole);
	assert_int_equal(said.count, 40);
	assert_string_equal(said.findings[TARE_VALGRIND_FINDINGS - 1].text, "15\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(findings_come_with_their_stacks),
		cmocka_unit_test(leaks_of_one_place_are_one),
		cmocka_unit_test(newer_protocols_are_read),
		cmocka_unit_test(what_is_not_valgrinds_is_refused),
		cmocka_unit_test(a_file_may_end_anywhere),
		cmocka_unit_test(any_byte_may_be_anything),
		cmocka_unit_test(more_than_there_is_room_for_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
