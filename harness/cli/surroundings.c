/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A wrong variable or a missing library is nobody's verdict: said once, before
 * the first case, and not once for each case that would stumble over it.
 */
#include "surroundings.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <tare/machine.h>

#include "cli.h"

/* Each case has its own directory there and steps into it, so a relative one would be looked for in the wrong place. */
static int check_temporary_folder(void)
{
	const char *folder = getenv("TMPDIR");
	const char *path = folder && *folder ? folder : "/tmp";
	struct stat status;

	if (*path == '/' && stat(path, &status) == 0 && S_ISDIR(status.st_mode) && access(path, W_OK | X_OK) == 0)
		return 0;
	tare__complain("%s%s: must be an absolute path of a folder that can be written to", path == folder ? "TMPDIR=" : "",
		path);
	return -1;
}

int tare__environment_check(void)
{
	struct tare_machine_setup setup;
	char error[256] = "";

	if (tare_machine_setup_read(&setup, error, sizeof error) == 0)
		return check_temporary_folder();
	tare__complain("%s", error);
	return -1;
}

static bool needs_driver(const struct tare__selection *selection)
{
	for (size_t i = 0; i < selection->count; i++)
		if (selection->list[i].cell.platform == TARE_PLATFORM_ONBOARD)
			return true;
	return false;
}

int tare__driver_check(enum tare_driver_choice driver, const struct tare__selection *selection)
{
	const struct tare_log log = { tare_log_to_stderr, NULL, TARE_LOG_ERROR };
	struct tare_cann cann;

	if (!needs_driver(selection) || tare_cann_bind(&cann, driver, &log) == 0)
		return 0;
	tare__complain(driver == TARE_DRIVER_CANN ? "--driver cann: CANN is not installed here, or not where the loader looks; "
		"set LD_LIBRARY_PATH to its lib64, or leave --driver out for the emulated machine" :
		"the emulated machine could not be bound");
	return -1;
}
