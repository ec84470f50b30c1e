/* SPDX-License-Identifier: Apache-2.0 */
#include <tare/arch.h>

const struct tare_arch *tare_arch(enum tare_arch_id id)
{
	return id == TARE_ARCH_A2A3 ? &tare__arch_a2a3 : &tare__arch_a5;
}
