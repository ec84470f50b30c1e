/* SPDX-License-Identifier: Apache-2.0 */
/* Each account is moved by one, by the very thing it counts, and must come back. */
#include <tare/ledger.h>

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static int64_t read_one(enum tare_account account)
{
	int64_t value[TARE_ACCOUNTS] = { 0 };

	tare_process_read(value, false);
	return value[account];
}

static void a_reading_moves_nothing(void **state)
{
	int64_t before[TARE_ACCOUNTS] = { 0 }, after[TARE_ACCOUNTS] = { 0 };

	(void)state;
	tare_process_read(before, true);
	tare_process_read(after, true);
	assert_memory_equal(before, after, sizeof before);
	assert_true(before[TARE_ACCOUNT_DESCRIPTORS] > 0);
	assert_true(before[TARE_ACCOUNT_MAPPED_OBJECTS] > 2);
	assert_true(before[TARE_ACCOUNT_THREADS] > 0);
}

static void descriptors_are_counted(void **state)
{
	int64_t before = read_one(TARE_ACCOUNT_DESCRIPTORS);
	int descriptor = open("/dev/null", O_RDONLY);

	(void)state;
	assert_int_equal(read_one(TARE_ACCOUNT_DESCRIPTORS), before + 1);
	close(descriptor);
	assert_int_equal(read_one(TARE_ACCOUNT_DESCRIPTORS), before);
}

static void *wait_for_end(void *cookie)
{
	pthread_mutex_lock(cookie);
	pthread_mutex_unlock(cookie);
	return NULL;
}

static void *end(void *cookie)
{
	return cookie;
}

static void a_joined_thread_is_gone_at_once(void **state)
{
	pthread_t first;

	/* A sanitizer starts a thread of its own with the first one of the program. */
	assert_int_equal(pthread_create(&first, NULL, end, NULL), 0);
	pthread_join(first, NULL);
	int64_t before = read_one(TARE_ACCOUNT_THREADS);

	(void)state;
	for (unsigned round = 0; round < 50; round++) {
		pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
		pthread_t thread;

		pthread_mutex_lock(&gate);
		assert_int_equal(pthread_create(&thread, NULL, wait_for_end, &gate), 0);
		assert_int_equal(read_one(TARE_ACCOUNT_THREADS), before + 1);
		pthread_mutex_unlock(&gate);
		pthread_join(thread, NULL);
		assert_int_equal(read_one(TARE_ACCOUNT_THREADS), before);
	}
}

static void mapped_files_are_counted_once_each(void **state)
{
	int64_t before = read_one(TARE_ACCOUNT_MAPPED_OBJECTS);
	char path[] = "/tmp/process_testXXXXXX";
	int first = mkstemp(path);
	const size_t page = 4096;

	(void)state;
	assert_true(first >= 0);
	assert_int_equal(ftruncate(first, 2 * 4096), 0);
	void *one = mmap(NULL, page, PROT_READ, MAP_SHARED, first, 0);
	void *two = mmap(NULL, page, PROT_READ, MAP_SHARED, first, 4096);
	assert_int_equal(read_one(TARE_ACCOUNT_MAPPED_OBJECTS), before + 1);

	/* Deleted, it is still there; what comes after it under the same path is another. */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(read_one(TARE_ACCOUNT_MAPPED_OBJECTS), before + 1);
	int second = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
	assert_int_equal(ftruncate(second, 4096), 0);
	void *three = mmap(NULL, page, PROT_READ, MAP_SHARED, second, 0);
	assert_int_equal(read_one(TARE_ACCOUNT_MAPPED_OBJECTS), before + 2);

	munmap(one, page);
	munmap(two, page);
	munmap(three, page);
	close(first);
	close(second);
	unlink(path);
	assert_int_equal(read_one(TARE_ACCOUNT_MAPPED_OBJECTS), before);
}

static void keys_are_counted_both_ways(void **state)
{
	int64_t before[TARE_ACCOUNTS] = { 0 }, after[TARE_ACCOUNTS] = { 0 };
	pthread_key_t keys[3];

	(void)state;
	tare_process_read(before, true);
	int64_t lowest = read_one(TARE_ACCOUNT_PTHREAD_KEYS);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(pthread_key_create(&keys[i], NULL), 0);
	tare_process_read(after, true);
	assert_int_equal(after[TARE_ACCOUNT_PTHREAD_KEYS], before[TARE_ACCOUNT_PTHREAD_KEYS] + 3);
	assert_true(read_one(TARE_ACCOUNT_PTHREAD_KEYS) >= lowest + 3);
	for (unsigned i = 0; i < 3; i++)
		pthread_key_delete(keys[i]);
	assert_int_equal(read_one(TARE_ACCOUNT_PTHREAD_KEYS), lowest);
}

static void children_are_counted_alive_and_dead(void **state)
{
	int gate[2];
	char nothing;
	siginfo_t info;

	(void)state;
	assert_int_equal(read_one(TARE_ACCOUNT_CHILDREN), 0);
	assert_int_equal(pipe(gate), 0);
	pid_t child = fork();
	if (child == 0) {
		close(gate[1]);
		_exit(read(gate[0], &nothing, 1) == 0 ? 0 : 1);
	}
	assert_true(child > 0);
	assert_int_equal(read_one(TARE_ACCOUNT_CHILDREN), 1);
	close(gate[1]);
	assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	assert_int_equal(read_one(TARE_ACCOUNT_CHILDREN), 1);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(read_one(TARE_ACCOUNT_CHILDREN), 0);
	close(gate[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reading_moves_nothing),
		cmocka_unit_test(descriptors_are_counted),
		cmocka_unit_test(a_joined_thread_is_gone_at_once),
		cmocka_unit_test(mapped_files_are_counted_once_each),
		cmocka_unit_test(keys_are_counted_both_ways),
		cmocka_unit_test(children_are_counted_alive_and_dead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
