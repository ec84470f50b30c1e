/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vendor_test_object - every symbol of the cann table, for the binding test
 *
 * Linked under the vendor's names; a second one hides rtMemcpy.
 */
#include <tare/cann.h>

#define TARE_CANN(group, name, parameters, arguments, rule, codes, kinds, failure) \
	int name parameters; \
	int name parameters { return 0; }
#include <tare/cann.def>
#undef TARE_CANN
