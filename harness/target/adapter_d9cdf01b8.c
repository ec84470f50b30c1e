/* SPDX-License-Identifier: Apache-2.0 */
/* The revision that abi.h is written after: its entries are taken as they are. */
#include "adapter.h"

#include <dlfcn.h>

#include <tare/status.h>
#include <tare/text.h>

static const char *const names[] = {
#define TARE_ABI(result, name, parameters) #name,
#include <tare/abi.def>
#undef TARE_ABI
	NULL
};

static const size_t places[] = {
#define TARE_ABI(result, name, parameters) offsetof(struct tare_abi, name),
#include <tare/abi.def>
#undef TARE_ABI
};

typedef void (*entry_fn)(void);

static int bind(void *object, struct tare_abi *abi, const char **missing)
{
	for (size_t i = 0; names[i]; i++) {
		void *symbol = dlsym(object, names[i]);

		if (!symbol) {
			*missing = names[i];
			return TARE_E_NOT_FOUND;
		}
		tare_function_from(symbol, (char *)abi + places[i], sizeof(entry_fn));
	}
	return TARE_OK;
}

static const char *const marks[] = { "prepare_callable", "run_prepared", "unregister_callable", NULL };

const struct tare__adapter tare__adapter_d9cdf01b8 = {
	.revision = "d9cdf01b8", .needs = names, .marks = marks, .bind = bind,
};
