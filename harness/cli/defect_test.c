/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <tare/object.h>
#include <tare/record.h>

#include "cli.h"
#include "defect.h"

const struct tare__command *const tare__commands[] = { NULL };

#define HEAD \
	"Incident: #870 f8b728561\nCells: */onboard/hbg\nCases: relaunch.kernel_registered_once\nVerdict: LEAK\n" \
	"Account: kernel_images\nLaunch: 2\nSays: register_image\nfor people: nothing\n"
#define CHANGE "--- a/runner/x.c\n+++ b/runner/x.c\n@@ -1 +1 @@\n-a\n+b\n"

struct place { char directory[64], file[96]; };

static struct place make_place(void)
{
	struct place place;

	strcpy(place.directory, "/tmp/tare-defect-XXXXXX");
	assert_non_null(mkdtemp(place.directory));
	snprintf(place.file, sizeof(place.file), "%s/one.patch", place.directory);
	return place;
}

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
	fclose(file);
}

static struct tare__defect *read_patch(const char *text, int wanted)
{
	struct place place = make_place();
	struct tare__defect *defect = calloc(1, sizeof(*defect));

	write_text(place.file, text);
	assert_int_equal(tare__defect_read(defect, place.file), wanted);
	unlink(place.file);
	rmdir(place.directory);
	return defect;
}

static void a_head_is_read(void **state)
{
	struct tare__defect *defect = read_patch(
		HEAD "Cases: relaunch.almost_full_card_survives\nVerdict: FAIL\nBy: sweep\nSays: 207001\n" CHANGE, 0);

	(void)state;
	assert_string_equal(defect->name, "one");
	assert_string_equal(defect->incident, "#870 f8b728561");
	assert_int_equal(defect->wish_count, 2);
	assert_string_equal(defect->wishes[0].account, "kernel_images");
	assert_int_equal(defect->wishes[0].launch, 2);
	assert_string_equal(defect->wishes[0].says[0], "register_image");
	assert_string_equal(defect->wishes[1].cases, "relaunch.almost_full_card_survives");
	assert_string_equal(defect->wishes[1].cells, "*/onboard/hbg");
	assert_string_equal(defect->wishes[1].verdict, "FAIL");
	assert_string_equal(defect->wishes[0].by, "");
	assert_string_equal(defect->wishes[1].by, "sweep");
	assert_string_equal(defect->wishes[1].account, "");
	assert_string_equal(defect->wishes[1].says[0], "207001");
	free(defect);
}

static void a_patch_has_the_mark_that_cksum_gives(void **state)
{
	struct tare__defect *defect = read_patch("Incident: #1\n", -1);

	(void)state;
	assert_int_equal(defect->mark, 639775877);
	free(defect);
}

static void expect_refused(const char *text, const char *words)
{
	struct tare__defect *defect = read_patch(text, -1);

	assert_non_null(strstr(defect->reason, words));
	free(defect);
}

static void a_bad_patch_is_refused(void **state)
{
	(void)state;
	expect_refused(HEAD "--- a/../../etc/passwd\n+++ b/x\n@@ -1 +1 @@\n", "outside");
	expect_refused(HEAD "--- a/x\n+++ /etc/passwd\n@@ -1 +1 @@\n", "outside");
	expect_refused(HEAD "--- a/x\n+++ b/runner/..\n@@ -1 +1 @@\n", "outside");
	expect_refused(HEAD "--- x\n+++ x\n@@ -1 +1 @@\n", "outside");
	expect_refused(HEAD "--- a/scripts/run\n+++ b/scripts/run\n@@ -1 +1 @@\n", "outside of runner");
	expect_refused(HEAD "--- a/runner/../scripts/run\n+++ b/runner/x\n@@ -1 +1 @@\n", "outside");
	expect_refused(HEAD "--- a/runnery/x\n+++ b/runnery/x\n@@ -1 +1 @@\n", "outside");
	expect_refused(HEAD "diff --git a/runner/x b/runner/x\nnew file mode 120000\n--- /dev/null\n+++ b/runner/x\n"
		"@@ -0,0 +1 @@\n+/etc/passwd\n", "regular files");
	expect_refused(HEAD "diff --git a/runner/x b/y\nrename from runner/x\nrename to ../y\n@@ -1 +1 @@\n", "regular files");
	expect_refused(HEAD, "changes nothing");
	expect_refused("Verdict: LEAK\nCases: x\n" CHANGE, "Incident");
	expect_refused("Incident: x\nVerdict: PASS\nCases: x\n" CHANGE, "Verdict");
	expect_refused("Incident: x\nVerdict: LEAK\nCases: x\nBy: magic\n" CHANGE, "By");
	expect_refused("Incident: x\nVerdict: LEAK\n" CHANGE, "Cases");
	expect_refused("Incident: x\nVerdict: LEAK\nCases: x\nAccount: apples\n" CHANGE, "Account");
	expect_refused("Incident: x\nVerdict: LEAK\nCases: x\nLaunch: 0\n" CHANGE, "Launch");
}

static void another_commit_chooses_others(void **state)
{
	struct tare__defect *defects = calloc(30, sizeof(*defects));
	char first[3][64];
	unsigned equal = 0;

	(void)state;
	assert_non_null(defects);
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 30; i++)
			snprintf(defects[i].name, sizeof(defects[i].name), "defect_%u", round == 1 ? 29 - i : i);
		tare__defect_choose(defects, 30, 10, round < 2 ? "0123abc" : "4567def");
		strcpy(first[round], defects[0].name);
		for (unsigned i = 0; i < 30; i++) /* all are still there, each once */
			for (unsigned k = 0; k < i; k++)
				assert_string_not_equal(defects[i].name, defects[k].name);
	}
	assert_string_equal(first[0], first[1]); /* whatever the order they lay in */
	tare__defect_choose(defects, 30, 30, "x");
	for (unsigned i = 0; i < 20; i++) {
		char by[16];

		snprintf(by, sizeof(by), "%u", i);
		tare__defect_choose(defects, 30, 1, by);
		equal += !strcmp(defects[0].name, first[0]);
	}
	assert_true(equal < 10);
	free(defects);
}

static void judge(
	const char *verdict, const char *type, const char *body, const struct tare__wish *wish, const char *missing)
{
	struct place place = make_place();
	struct tare_record_paths paths = { .journal = place.file };
	struct tare_record_run run = {
		.version = "0", .driver = "machine", .command = "tare run", .seed = 1, .shard = 1, .shards = 1,
	};
	struct tare_record_case plan = { "relaunch", "once", "a5", "onboard", "hbg", "", "", NULL };
	struct tare_record_outcome outcome = {
		.verdict = verdict, .attempt = 1, .type = type, .message = "message", .body = body
	};
	struct tare_recorder *recorder;
	char error[256], reason[TARE_DEFECT_REASON], text[512];

	assert_int_equal(tare_recorder_open(&recorder, &paths, &run, &plan, 1, error, sizeof(error)), 0);
	if (verdict)
		assert_int_equal(tare_recorder_ended(recorder, 0, &outcome), 0);
	assert_int_equal(tare_recorder_close(&recorder, 1, error, sizeof(error)), 0);
	assert_int_equal(tare__defect_judge(wish, place.file, reason, text, sizeof(text)), !missing);
	if (missing)
		assert_non_null(strstr(reason, missing));
	unlink(place.file);
	rmdir(place.directory);
}

static void only_what_was_wished_is_caught(void **state)
{
	const struct tare__wish wish = { .cases = "x", .verdict = "LEAK", .account = "kernel_images", .launch = 2,
		.says = { "register_image" }, .says_count = 1 };
	const char *good =
		"kernel images, at peak: 1000, wanted exactly 1\nfirst broken at launch 2, by register_image";

	(void)state;
	judge("LEAK", "Leak.KernelImages", good, &wish, NULL);
	judge("LEAK", "Leak.DeviceBytes", good, &wish, NULL);
	judge("LEAK", "Leak.Sweep.KernelImages", "first broken at launch 2, by register_image", &wish, NULL);
	judge("CRASH", "Crash.SIGSEGV", good, &wish, "wanted LEAK");
	judge("PASS", NULL, NULL, &wish, "ended with PASS");
	judge("LEAK", "Leak.Streams", "streams: 3\nfirst broken at launch 2, by register_image", &wish,
		"kernel_images");
	judge("LEAK", "Leak.KernelImages", "first broken at launch 20, by register_image", &wish, "launch 2");
	judge("LEAK", "Leak.KernelImages", "first broken at launch 2, by somebody", &wish, "does not say");
	judge(NULL, NULL, NULL, &wish, "0 of 1");
}

static void a_mirror_writes_only_what_differs(void **state)
{
	struct place from = make_place(), to = make_place();
	static const char *const names[] = { "one.patch", "folder", NULL };
	char reason[TARE_DEFECT_REASON], folder[96], deep[128], other[128], stale[128], text[8] = "";
	struct stat before, after;
	FILE *file;

	(void)state;
	snprintf(folder, sizeof(folder), "%s/folder", from.directory);
	snprintf(deep, sizeof(deep), "%s/folder/deep", from.directory);
	snprintf(other, sizeof(other), "%s/folder/deep", to.directory);
	snprintf(stale, sizeof(stale), "%s/folder/stale", to.directory);
	assert_int_equal(mkdir(folder, 0777), 0);
	write_text(from.file, "one");
	write_text(deep, "deep");
	assert_int_equal(tare__tree_mirror(from.directory, to.directory, names, reason), 0);
	assert_int_equal(stat(to.file, &before), 0);
	write_text(other, "patched and longer");
	write_text(stale, "stale");
	assert_int_equal(tare__tree_mirror(from.directory, to.directory, names, reason), 0);
	assert_int_equal(stat(to.file, &after), 0);
	assert_memory_equal(&before.st_mtim, &after.st_mtim, sizeof(before.st_mtim));
	assert_int_equal(access(stale, F_OK), -1);
	file = fopen(other, "r");
	assert_non_null(file);
	assert_int_equal(fread(text, 1, 7, file), 4);
	fclose(file);
	assert_string_equal(text, "deep");
	unlink(from.file);
	unlink(to.file);
	unlink(deep);
	unlink(other);
	rmdir(folder);
	*strrchr(other, '/') = '\0';
	rmdir(other);
	assert_int_equal(rmdir(from.directory), 0);
	assert_int_equal(rmdir(to.directory), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_head_is_read),
		cmocka_unit_test(a_patch_has_the_mark_that_cksum_gives),
		cmocka_unit_test(a_bad_patch_is_refused),
		cmocka_unit_test(another_commit_chooses_others),
		cmocka_unit_test(only_what_was_wished_is_caught),
		cmocka_unit_test(a_mirror_writes_only_what_differs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
