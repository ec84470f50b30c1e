/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the two files over libdwfl share.
 */
#ifndef TARE_ISOLATE_PRIVATE_SYMBOL_H
#define TARE_ISOLATE_PRIVATE_SYMBOL_H

#include <elfutils/libdwfl.h>

#include "symbol.h"

struct tare_symbols {
	Dwfl *dwfl;
	Dwfl_Callbacks callbacks; /* libdwfl keeps a pointer to them */
	char *debug_path;         /* NULL: beside the object and in the system's folders */
};

#endif
