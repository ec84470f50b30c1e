/* SPDX-License-Identifier: Apache-2.0 */
#include "test_help.h"

#include "clean.h"

static void expect_text(const char *in, size_t size, const char *wanted)
{
	struct tare__bytes out = { 0 }, again = { 0 };

	tare__clean_text(&out, in, size);
	assert_string_equal(out.at, wanted);
	tare__clean_text(&again, out.at, out.used);
	assert_string_equal(again.at, wanted);
	tare__bytes_drop(&out);
	tare__bytes_drop(&again);
}

static void broken_utf8_is_replaced(void **state)
{
	(void)state;
	expect_text("a\xff" "b", 3, "a\xef\xbf\xbd" "b");
	expect_text("\xc0\xaf", 2, "\xef\xbf\xbd\xef\xbf\xbd");                         /* overlong */
	expect_text("\xed\xa0\x80", 3, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");          /* surrogate */
	expect_text("\xf4\x90\x80\x80", 4, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"); /* beyond the last */
	expect_text("\xe2\x82", 2, "\xef\xbf\xbd\xef\xbf\xbd");                         /* cut off */
	expect_text("\xef\xbf\xbf|\xef\xbf\xbe", 7, "\xef\xbf\xbd|\xef\xbf\xbd");
	expect_text("\xf0\x9f\x98\x80 \xe4\xb8\xad", 8, "\xf0\x9f\x98\x80 \xe4\xb8\xad");
}

static void control_characters_are_shown(void **state)
{
	(void)state;
	expect_text("a\0b\x01\x7f", 5, "a\\x00b\\x01\\x7F");
	expect_text("\xc2\x9b", 2, "\\x9B");
	expect_text("one\r\ntwo\rthree\tx\n", 17, "one\ntwo\nthree\tx\n");
	expect_text("\xe2\x80\xae", 3, "\\u{202E}");
	expect_text("\xe2\x81\xa6", 3, "\\u{2066}");
}

static void terminal_sequences_go_away(void **state)
{
	(void)state;
	expect_text("\x1b[1;31mred\x1b[0m", 14, "red");
	expect_text("\x1b]0;title\x07" "after", 15, "after");
	expect_text("\x1b]8;;x\x1b\\link", 12, "link");
	expect_text("end\x1b", 4, "end");
	expect_text("end\x1b[", 5, "end");
	expect_text("end\x1b[12", 7, "end");
}

static void a_line_is_one_line(void **state)
{
	struct tare__bytes out = { 0 };

	(void)state;
	tare__clean_line(&out, "  a\t\tb\r\n\nc  ", 12);
	assert_string_equal(out.at, "a b c");
	tare__bytes_clear(&out);
	tare__clean_line(&out, " \n ", 3);
	assert_string_equal(out.at, "");
	tare__bytes_drop(&out);
}

static void a_cut_keeps_head_and_tail(void **state)
{
	struct tare__bytes text = { 0 }, out = { 0 }, again = { 0 };

	(void)state;
	tare__bytes_text(&text, "HEAD");
	for (int i = 0; i < 1000; i++)
		tare__bytes_text(&text, "\xe4\xb8\xad");
	tare__bytes_text(&text, "TAIL");
	tare__clean_cut(&out, text.at, text.used, 200);
	assert_true(out.used <= 200);
	assert_memory_equal(out.at, "HEAD", 4);
	assert_string_equal(out.at + out.used - 4, "TAIL");
	assert_non_null(strstr(out.at, " bytes cut ...]\n"));
	tare__clean_text(&again, out.at, out.used);
	assert_string_equal(again.at, out.at); /* no character was split */
	tare__bytes_drop(&text);
	tare__bytes_drop(&out);
	tare__bytes_drop(&again);
}

static void any_bytes_become_well_formed(void **state)
{
	uint64_t seed = 0x9e3779b97f4a7c15u;

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct tare__bytes out = { 0 }, document = { 0 };
		char bytes[64];
		xmlDocPtr parsed;

		for (size_t i = 0; i < sizeof(bytes); i++) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			bytes[i] = (char)(seed >> 56);
			if (bytes[i] == '<' || bytes[i] == '&' || bytes[i] == '>')
				bytes[i] = 'x';
		}
		tare__clean_text(&out, bytes, sizeof(bytes));
		tare__bytes_format(&document, "<a>%s</a>", out.at);
		parsed = xmlReadMemory(
			document.at, (int)document.used, NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR);
		assert_non_null(parsed);
		xmlFreeDoc(parsed);
		tare__bytes_drop(&out);
		tare__bytes_drop(&document);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(broken_utf8_is_replaced),
		cmocka_unit_test(control_characters_are_shown),
		cmocka_unit_test(terminal_sequences_go_away),
		cmocka_unit_test(a_line_is_one_line),
		cmocka_unit_test(a_cut_keeps_head_and_tail),
		cmocka_unit_test(any_bytes_become_well_formed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
