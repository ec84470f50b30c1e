/* SPDX-License-Identifier: Apache-2.0 */
/*
 * onboard_aicpu - the entries of the AICPU object as CANN functions
 *
 * CANN is told of them by a JSON file and reads nothing else: no object is
 * opened and no device memory taken (facts/cann.md 4.5).  Operator names are a
 * process-wide register of the driver, so they carry the fingerprint.
 */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include <tare/object.h>
#include <tare/status.h>
#include <tare/text.h>

#include "onboard.h"

#define INIT_ENTRY "simpler_aicpu_init"
#define EXEC_ENTRY "simpler_aicpu_exec"
#define CLOSE_ENTRY "simpler_aicpu_close"
#define OPERATOR_ROOM 64

static void name_operator(const struct tare_onboard *onboard, const char *entry, char name[OPERATOR_ROOM])
{
	snprintf(name, OPERATOR_ROOM, "%s_%016" PRIx64, entry, onboard->fingerprint);
}

static void describe(const struct tare_onboard *onboard, struct tare_text *json)
{
	static const char *const entries[] = { INIT_ENTRY, EXEC_ENTRY, CLOSE_ENTRY };
	char name[OPERATOR_ROOM];

	tare_text_add(json, "{\n");
	for (size_t i = 0; i < TARE_COUNT(entries); i++) {
		name_operator(onboard, entries[i], name);
		tare_text_add(json,
			"  \"%s\": {\n"
			"    \"opInfo\": {\n"
			"      \"functionName\": \"%s\",\n"
			"      \"kernelSo\": \"simpler_inner_%016" PRIx64 "_%d.so\",\n"
			"      \"opKernelLib\": \"AICPUKernel\",\n"
			"      \"userDefined\": \"False\"\n"
			"    }\n"
			"  }%s\n",
			name, entries[i], onboard->fingerprint, (int)onboard->common.device,
			i + 1 < TARE_COUNT(entries) ? "," : "");
	}
	tare_text_add(json, "}\n");
}

/* The driver has read the file when the call returns, so it does not outlive the call. */
static int load_binary(struct tare_onboard *onboard)
{
	struct tare_platform *platform = &onboard->common;
	struct tare_rt_load_option mode = { .id = RT_LOAD_BINARY_OPT_CPU_KERNEL_MODE };
	const struct tare_rt_load_config config = { .options = &mode, .count = 1 };
	char prefix[64], path[512], buffer[1536];
	struct tare_text json = tare_text_over(buffer, sizeof buffer);
	int status, removed;

	describe(onboard, &json);
	tare_must(!json.cut);
	snprintf(prefix, sizeof prefix, "simpler_inner_%016" PRIx64 "_%ld_.json", onboard->fingerprint, (long)getpid());
	status = platform->tables.host.file_write(prefix, json.at, json.used, path, sizeof path);
	if (status != TARE_OK)
		return tare__platform_failed(platform, "writing the registration file", status);
	status = platform->tables.cann.rtsBinaryLoadFromFile(path, &config, &onboard->binary);
	if (status != 0) {
		onboard->binary = NULL;
		tare__onboard_failed(platform, "rtsBinaryLoadFromFile", status);
	} else if (!onboard->binary) {
		status = tare__platform_no_handle(platform, "rtsBinaryLoadFromFile");
	}
	if ((removed = platform->tables.host.file_remove(path)) != TARE_OK) {
		tare_log(&platform->log, TARE_LOG_ERROR, "%s stays behind: it could not be removed", path);
		if (status == TARE_OK)
			status = removed;
	}
	return status;
}

static int find_function(struct tare_onboard *onboard, const char *entry, rtFuncHandle *function)
{
	struct tare_platform *platform = &onboard->common;
	char name[OPERATOR_ROOM];
	int code;

	name_operator(onboard, entry, name);
	code = platform->tables.cann.rtsFuncGetByName(onboard->binary, name, function);
	if (code != 0) {
		*function = NULL;
		return tare__onboard_failed(platform, "rtsFuncGetByName", code);
	}
	return *function ? TARE_OK : tare__platform_no_handle(platform, "rtsFuncGetByName");
}

int tare__onboard_aicpu_load(struct tare_onboard *onboard)
{
	int status = load_binary(onboard);

	if (status == TARE_OK)
		status = find_function(onboard, INIT_ENTRY, &onboard->aicpu_init);
	if (status == TARE_OK)
		status = find_function(onboard, EXEC_ENTRY, &onboard->aicpu_exec);
	return status;
}

/* By a launch: a context whose orchestrations run on the host never wants it. */
int tare__onboard_aicpu_find_close(struct tare_platform *platform)
{
	struct tare_onboard *onboard = tare__onboard(platform);

	if (platform->poisoned)
		return TARE_E_POISONED;
	if (!onboard->binary)
		return TARE_E_STATE;
	return onboard->aicpu_close ? TARE_OK : find_function(onboard, CLOSE_ENTRY, &onboard->aicpu_close);
}

int tare__onboard_aicpu_unload(struct tare_onboard *onboard)
{
	struct tare_platform *platform = &onboard->common;
	int code;

	onboard->aicpu_init = NULL;
	onboard->aicpu_exec = NULL;
	onboard->aicpu_close = NULL;
	if (!onboard->binary)
		return TARE_OK;
	code = platform->tables.cann.rtsBinaryUnload(onboard->binary);
	onboard->binary = NULL;
	return code == 0 ? TARE_OK : tare__platform_failed(platform, "rtsBinaryUnload", code);
}
