/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a run said of a defect what had to be said.  Every case that ran must
 * have: a crash in place of a leak, or the right verdict for another reason, is a miss.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <tare/ledger.h>
#include <tare/record.h>

#include "defect.h"

static const char *text_of(const json_t *line, const char *name)
{
	const char *text = json_string_value(json_object_get(line, name));

	return text ? text : "";
}

/* "kernel_images" is the type "Leak.KernelImages", and of a sweep "Leak.Sweep.KernelImages". */
static bool type_names(const char *type, const char *account)
{
	const char *at = strrchr(type, '.');
	bool capital = true;

	for (at = at ? at + 1 : ""; *account; account++) {
		char wanted = *account;

		if (wanted == '_') {
			capital = true;
			continue;
		}
		if (capital && wanted >= 'a' && wanted <= 'z')
			wanted = (char)(wanted - 'a' + 'A');
		if (*at++ != wanted)
			return false;
		capital = false;
	}
	return *at == '\0';
}

/* A finding begins with the account's words: "kernel images, at peak: 1000, wanted exactly 1". */
static bool body_names(const char *body, const char *account)
{
	const char *words = tare_account_words(tare_account_find(account));
	size_t length = strlen(words);

	for (const char *line = body; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line + strspn(line, " "), words, length) &&
			strchr(",:", line[strspn(line, " ") + length]))
			return true;
	}
	return false;
}

static bool names_launch(const char *body, uint32_t launch)
{
	char words[64];
	size_t length = (size_t)snprintf(words, sizeof(words), "first broken at launch %" PRIu32, launch);

	for (const char *at = strstr(body, words); at; at = strstr(at + 1, words)) {
		if (at[length] < '0' || at[length] > '9')
			return true;
	}
	return false;
}

static bool as_wished(
	const struct tare__wish *wish, const json_t *line, const char *id, char reason[TARE_DEFECT_REASON])
{
	const char *verdict = text_of(line, "verdict"), *body = text_of(line, "body");
	const char *message = text_of(line, "message");

	reason[0] = '\0';
	if (strcmp(verdict, wish->verdict))
		snprintf(reason, TARE_DEFECT_REASON, "%s ended with %s, wanted %s%s%.120s", id, verdict,
			wish->verdict, *message ? ": " : "", message);
	else if (wish->account[0] && !type_names(text_of(line, "type"), wish->account) &&
		!body_names(body, wish->account))
		snprintf(reason, TARE_DEFECT_REASON, "%s does not name the account %s: %.120s", id, wish->account,
			message);
	else if (wish->launch && !names_launch(body, wish->launch))
		snprintf(reason, TARE_DEFECT_REASON, "%s was not first broken at launch %" PRIu32 ": %.120s", id,
			wish->launch, message);
	for (size_t i = 0; !reason[0] && i < wish->says_count; i++) {
		if (!strstr(body, wish->says[i]) && !strstr(message, wish->says[i]) &&
			!strstr(text_of(line, "log"), wish->says[i]))
			snprintf(reason, TARE_DEFECT_REASON, "%s does not say '%s'", id, wish->says[i]);
	}
	return !reason[0];
}

static void name_case(const json_t *plan, const json_t *line, char *id, size_t room)
{
	const json_t *c = json_array_get(
		json_object_get(plan, "cases"), (size_t)json_integer_value(json_object_get(line, "case")));

	snprintf(id, room, "%s.%s@%s/%s/%s", text_of(c, "suite"), text_of(c, "name"), text_of(c, "arch"),
		text_of(c, "platform"), text_of(c, "graph"));
}

struct judging {
	const struct tare__wish *wish;
	json_t *plan;
	size_t ended;
	char *text;
	size_t room;
};

static bool judge_line(struct judging *judging, json_t *line, char reason[TARE_DEFECT_REASON])
{
	const char *what = text_of(line, "what");
	char id[200];

	if (!strcmp(what, "plan") && !judging->plan)
		judging->plan = json_incref(line);
	if (strcmp(what, "ended"))
		return true;
	name_case(judging->plan, line, id, sizeof(id));
	if (judging->ended++ == 0)
		snprintf(judging->text, judging->room, "%s", *text_of(line, "body") ? text_of(line, "body") : text_of(line, "message"));
	return as_wished(judging->wish, line, id, reason);
}

bool tare__defect_judge(const struct tare__wish *wish, const char *journal, char reason[TARE_DEFECT_REASON],
	char *text, size_t room)
{
	struct judging judging = { .wish = wish, .text = text, .room = room };
	FILE *file = fopen(journal, "re");
	char *line = NULL;
	size_t size = 0, planned;
	bool good = file != NULL;

	text[0] = '\0';
	snprintf(reason, TARE_DEFECT_REASON, "the run left no journal");
	while (good && getline(&line, &size, file) >= 0) {
		json_t *said = json_loads(line, 0, NULL);

		good = judge_line(&judging, said, reason);
		json_decref(said);
	}
	planned = json_array_size(json_object_get(judging.plan, "cases"));
	if (good && (planned == 0 || judging.ended < planned)) {
		snprintf(reason, TARE_DEFECT_REASON, "%zu of %zu cases ran", judging.ended, planned);
		good = false;
	}
	json_decref(judging.plan);
	free(line);
	if (file)
		fclose(file);
	return good;
}
