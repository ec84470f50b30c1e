/* SPDX-License-Identifier: Apache-2.0 */
/* thread_test - several host threads on one machine: on a device each, and all on one */
#include "test_bench.h"

#include <pthread.h>
#include <string.h>

enum { THREADS = 4, ROUNDS = 50 };

struct work {
	const struct test_bench *bench;
	int32_t device;
	int wrong; /* cmocka's assertions are for the main thread */
};

static int launch(const struct work *work, rtStream_t stream, struct test_args *args, uint32_t blocks)
{
	const void *pointer = args;
	struct tare_rt_args kernel_args = { .args = &pointer, .size = sizeof pointer };

	return rtKernelLaunchWithHandleV2(work->bench->image, 0, blocks, &kernel_args, NULL, stream, NULL);
}

static int one_round(const struct work *work, rtStream_t stream)
{
	struct test_args args = { .deed = TEST_COUNT }, *block;
	uint32_t out[3];
	void *memory;

	if (rtMalloc(&memory, sizeof args + sizeof out, RT_MEMORY_HBM, 0))
		return 1;
	block = memory;
	args.out = (uint64_t)(uintptr_t)(block + 1);
	memset(out, 0, sizeof out);
	if (rtMemcpy(block, sizeof args, &args, sizeof args, RT_MEMCPY_HOST_TO_DEVICE) ||
			rtMemcpy(block + 1, sizeof out, out, sizeof out, RT_MEMCPY_HOST_TO_DEVICE))
		return 1;
	if (launch(work, stream, block, 1) || launch(work, stream, block, 1) || rtStreamSynchronize(stream))
		return 1;
	if (rtMemcpy(out, sizeof out, block + 1, sizeof out, RT_MEMCPY_DEVICE_TO_HOST) || rtFree(memory))
		return 1;
	return out[0] != 2 || out[1] != 2 || out[2] != 2;
}

static void *run(void *cookie)
{
	struct work *work = cookie;
	rtStream_t stream;

	work->wrong = rtSetDevice(work->device) || rtStreamCreate(&stream, 0);
	for (int i = 0; i < ROUNDS && !work->wrong; i++)
		work->wrong = one_round(work, stream);
	if (!work->wrong)
		work->wrong = rtStreamDestroy(stream) || rtDeviceReset(work->device);
	return NULL;
}

static void run_all(bool on_one)
{
	struct tare_machine_setup setup = test_setup(TARE_ARCH_A5);
	struct test_bench bench;
	struct work work[THREADS];
	pthread_t threads[THREADS];

	setup.kernel_budget_ms = 1000;
	bench = test_open(&setup);
	for (int i = 0; i < THREADS; i++) {
		work[i] = (struct work){ .bench = &bench, .device = on_one ? 0 : i };
		assert_int_equal(pthread_create(&threads[i], NULL, run, &work[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_false(work[i].wrong);
	}
	assert_int_equal(test_account().references, 1);
	assert_int_equal(test_account().streams, 2);
	test_close(&bench);
}

static void all_on_one_device(void **state)
{
	(void)state;
	run_all(true);
}

static void a_device_each(void **state)
{
	(void)state;
	run_all(false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_on_one_device),
		cmocka_unit_test(a_device_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
