/* SPDX-License-Identifier: Apache-2.0 */
/*
 * callable_fuzz - any bytes as a callable: libFuzzer's entry
 *
 * What is accepted lies inside the bytes, child by child.
 */
#include <stddef.h>
#include <stdint.h>

#include <tare/callable.h>
#include <tare/object.h>
#include <tare/status.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct tare_callable_view view;
	struct tare_callable_child child;
	char error[160] = "";
	int status = tare_callable_read(bytes, size, &view, error, sizeof error);

	if (status != TARE_OK) {
		tare_must(status == TARE_E_IMAGE && error[0] != '\0');
		return 0;
	}
	tare_must(view.size <= size && view.orchestration + view.orchestration_size <= bytes + size);
	for (int32_t i = 0; i < view.child_count; i++) {
		tare_callable_child(&view, i, &child);
		tare_must(child.func_id >= 0 && child.func_id < TARE_FUNC_IDS);
		tare_must(child.binary > bytes && child.binary + child.binary_size <= bytes + view.size);
	}
	return 0;
}
