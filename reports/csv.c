/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csv - every reading of a run, one a line: case, account, moment, launch, value
 */
#include "forms.h"

#include <inttypes.h>
#include <string.h>

#include "clean.h"
#include "output.h"

/* RFC 4180: quoted where a comma, a quote or a line end is in it. */
static void add_field(struct tare__bytes *line, const char *text)
{
	struct tare__bytes clean = { 0 };
	const char *at;

	tare__clean_line(&clean, text, strlen(text));
	at = clean.at ? clean.at : "";
	if (!strpbrk(at, ",\"")) {
		tare__bytes_text(line, at);
	} else {
		tare__bytes_text(line, "\"");
		for (; *at; at++)
			tare__bytes_add(line, *at == '"' ? "\"\"" : at, *at == '"' ? 2 : 1);
		tare__bytes_text(line, "\"");
	}
	line->failed |= clean.failed;
	tare__bytes_drop(&clean);
}

static void add_readings(struct tare__output *output, const struct tare_model_case *c, struct tare__bytes *line)
{
	char name[TARE_CASE_NAME];
	struct tare__bytes id = { 0 };

	tare__bytes_format(&id, "%s.%s@%s/%s/%s", c->plan.suite, tare__case_name(c, name), c->plan.arch,
		c->plan.platform, c->plan.graph);
	line->failed |= id.failed;
	for (size_t i = 0; i < c->outcome.reading_count && !line->failed; i++) {
		const struct tare_record_reading *reading = &c->outcome.readings[i];

		add_field(line, id.at);
		tare__bytes_text(line, ",");
		add_field(line, reading->account);
		tare__bytes_text(line, ",");
		add_field(line, reading->moment);
		tare__bytes_format(line, ",%" PRIu32 ",%" PRId64 "\n", reading->launch, reading->value);
	}
	if (line->used)
		tare__output_add(output, line->at, line->used);
	tare__bytes_clear(line);
	tare__bytes_drop(&id);
}

int tare__csv_write(const struct tare_model *model, const char *path, bool lasting, char *error, size_t room)
{
	static const char head[] = "case,account,moment,launch,value\n";
	struct tare__bytes line = { 0 };
	struct tare__output output;
	int status = tare__output_open(&output, path, error, room);

	if (status)
		return status;
	tare__output_add(&output, head, sizeof(head) - 1);
	for (size_t i = 0; i < model->count; i++)
		add_readings(&output, &model->cases[i], &line);
	status = tare__output_close(&output, !line.failed, lasting, error, room);
	tare__bytes_drop(&line);
	return status;
}
