/* SPDX-License-Identifier: Apache-2.0 */
#include "test_help.h"

#include "chart.h"

static void the_page_is_well_formed_and_alone(void **state)
{
	static const char *const barred[] = { "<script", "<style", "style=", "<link", "<img", "@import" };
	struct place place = place_make();
	xmlDocPtr page;
	size_t size;
	char *text;

	(void)state;
	record_small_run(&place, 4, 1);
	page = xmlReadFile(place.html, NULL, XML_PARSE_NONET);
	assert_non_null(page);
	xmlFreeDoc(page);
	text = read_all(place.html, &size);
	for (size_t i = 0; i < TARE_COUNT(barred); i++)
		assert_null(strstr(text, barred[i]));
	assert_non_null(strstr(text, "<polyline"));
	assert_non_null(strstr(text, "device_bytes, from 200 to 900"));
	assert_non_null(strstr(text, "first broken at launch 2"));
	assert_non_null(strstr(text, "a kernel is registered once"));
	free(text);
	place_clear(&place);
}

static void a_column_keeps_the_spike(void **state)
{
	struct tare_record_reading readings[] = {
		{ "device_bytes", "launch", 1, 10 },
		{ "device_bytes", "launch", 50001, 99 },
		{ "device_bytes", "launch", 50002, 10 },
		{ "device_bytes", "launch", 90000, 30 },
		{ "device_bytes", "last", 100000, 30 },
	};
	struct tare_record_outcome outcome = { .readings = readings, .reading_count = TARE_COUNT(readings) };
	struct tare__column columns[TARE_CHART_COLUMNS];
	size_t spikes = 0;

	(void)state;
	assert_int_equal(tare__chart_columns(&outcome, "device_bytes", columns), 100000);
	for (size_t x = 0; x < TARE_CHART_COLUMNS; x++) {
		spikes += columns[x].high == 99;
		assert_true(columns[x].low == 10 || columns[x].low == 30);
	}
	assert_int_equal(spikes, 1);
	assert_int_equal(columns[0].high, 10);
	assert_int_equal(columns[TARE_CHART_COLUMNS - 1].low, 30);
	assert_int_equal(tare__chart_columns(&outcome, "kernel_images", columns), 0);
}

static void the_csv_has_every_reading(void **state)
{
	struct place place = place_make();
	size_t size;
	char *text;

	(void)state;
	record_small_run(&place, 4, 1);
	text = read_all(place.csv, &size);
	assert_string_equal(text,
		"case,account,moment,launch,value\n"
		"relaunch.kernel_registered_once@a5/onboard/hbg,device_bytes,open,0,100\n"
		"relaunch.kernel_registered_once@a5/onboard/hbg,device_bytes,launch,1,200\n"
		"relaunch.kernel_registered_once@a5/onboard/hbg,device_bytes,launch,5,900\n"
		"relaunch.kernel_registered_once@a5/onboard/hbg,device_bytes,launch,6,300\n"
		"relaunch.kernel_registered_once@a5/onboard/hbg,device_bytes,last,1000,300\n"
		"relaunch.kernel_registered_once@a5/onboard/hbg,device_bytes,close,1000,0\n"
		"relaunch.kernel_registered_once@a5/onboard/hbg,kernel_images,launch,1,1\n");
	free(text);
	place_clear(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_page_is_well_formed_and_alone),
		cmocka_unit_test(a_column_keeps_the_spike),
		cmocka_unit_test(the_csv_has_every_reading),
	};

	xmlInitParser();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
