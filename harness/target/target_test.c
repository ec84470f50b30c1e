/* SPDX-License-Identifier: Apache-2.0 */
/* The two symbols of runner/abi are stood in for: what is tested is what the adapter makes of them. */
#include <tare/target.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <tare/status.h>

static const struct tare_abi a5_abi;
const struct tare_ext tare_ext_v1 = { .revision = 1, .size = sizeof tare_ext_v1 };

const struct tare_abi *tare_embedded(struct tare_cell cell)
{
	return cell.arch == TARE_ARCH_A5 ? &a5_abi : NULL;
}

static const struct tare_cell onboard = { TARE_ARCH_A5, TARE_PLATFORM_ONBOARD, TARE_GRAPH_HBG };
static const struct tare_cell sim = { TARE_ARCH_A5, TARE_PLATFORM_SIM, TARE_GRAPH_HBG };

static void the_machine_hides_nothing(void **state)
{
	struct tare_target target;

	(void)state;
	assert_int_equal(tare_target_embedded(onboard, TARE_DRIVER_MACHINE, &target), TARE_OK);
	assert_string_equal(target.name, "embedded");
	assert_ptr_equal(target.abi, &a5_abi);
	assert_ptr_equal(target.ext, &tare_ext_v1);
	assert_int_equal(target.cell.platform, TARE_PLATFORM_ONBOARD);
	assert_null(target.unreadable[0].reason);
}

static void the_vendor_hides_what_lies_on_the_card(void **state)
{
	struct tare_target target;
	uint64_t hidden = 0;

	(void)state;
	assert_int_equal(tare_target_embedded(onboard, TARE_DRIVER_CANN, &target), TARE_OK);
	for (size_t i = 0; target.unreadable[i].reason; i++)
		hidden |= UINT64_C(1) << target.unreadable[i].account;
	assert_int_equal(hidden, UINT64_C(1) << TARE_ACCOUNT_KERNEL_IMAGES | UINT64_C(1) << TARE_ACCOUNT_AICPU_OBJECTS |
		UINT64_C(1) << TARE_ACCOUNT_PREINSTALLED_FILES | UINT64_C(1) << TARE_ACCOUNT_PREINSTALL_WRITES |
		UINT64_C(1) << TARE_ACCOUNT_DRIVER_BYTES);
	assert_int_equal(tare_target_embedded(sim, TARE_DRIVER_CANN, &target), TARE_OK);
	assert_null(target.unreadable[0].reason);
}

static void a_cell_that_is_not_built_is_not_found(void **state)
{
	struct tare_target target = { .name = "untouched" };
	struct tare_cell absent = { TARE_ARCH_A2A3, TARE_PLATFORM_SIM, TARE_GRAPH_HBG };

	(void)state;
	assert_int_equal(tare_target_embedded(absent, TARE_DRIVER_MACHINE, &target), TARE_E_NOT_FOUND);
	assert_string_equal(target.name, "untouched");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_machine_hides_nothing),
		cmocka_unit_test(the_vendor_hides_what_lies_on_the_card),
		cmocka_unit_test(a_cell_that_is_not_built_is_not_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
