/* SPDX-License-Identifier: Apache-2.0 */
#include <tare/object.h>

#include <stdio.h>
#include <stdlib.h>

_Noreturn void tare_must_failed(const char *file, int line, const char *condition)
{
	fprintf(stderr, "%s:%d: must hold: %s\n", file, line, condition);
	abort();
}
