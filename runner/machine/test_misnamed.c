/* SPDX-License-Identifier: Apache-2.0 */
/* test_misnamed - an AICore image whose kernel has no tiling key in its name */
int kernel_without_key(void);

int kernel_without_key(void)
{
	return 0;
}
