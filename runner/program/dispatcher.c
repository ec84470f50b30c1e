/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dispatcher - puts the AICPU object where CANN looks for one
 *
 * CANN's own libaicpu_extend_kernels.so loads this object once and calls
 * DynTileFwkBackendKernelServerInit with the argument block of the bootstrap;
 * the other two names must exist and do nothing (facts/runtime.md 3.1,
 * facts/cann.md 4.5).  The emulated machine never executes it.
 *
 * The object imports nothing, so it asks the kernel of the device itself.
 */
#include <stdint.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT int StaticTileFwkBackendKernelServer(void *args);
EXPORT int DynTileFwkBackendKernelServerInit(void *args);
EXPORT int DynTileFwkBackendKernelServer(void *args);

#define FOLDER "/usr/lib64/aicpu_kernels/0/aicpu_kernels_device/simpler_inner_"
#define PATH_ROOM 160

enum { AT_CWD = -100, WRITE_CREATE_TRUNCATE = 01 | 0100 | 01000 };

#if defined(__x86_64__)
enum { CALL_WRITE = 1, CALL_CLOSE = 3, CALL_OPENAT = 257, CALL_UNLINKAT = 263, CALL_RENAMEAT = 264, CALL_FCHMOD = 91 };

static long ask(long number, long a, long b, long c, long d)
{
	register long fourth __asm__("r10") = d;
	long answer;

	__asm__ volatile("syscall" : "=a"(answer) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth)
		: "rcx", "r11", "memory");
	return answer;
}
#else
enum { CALL_WRITE = 64, CALL_CLOSE = 57, CALL_OPENAT = 56, CALL_UNLINKAT = 35, CALL_RENAMEAT = 38, CALL_FCHMOD = 52 };

static long ask(long number, long a, long b, long c, long d)
{
	register long eighth __asm__("x8") = number;
	register long first __asm__("x0") = a;
	register long second __asm__("x1") = b;
	register long third __asm__("x2") = c;
	register long fourth __asm__("x3") = d;

	__asm__ volatile("svc #0" : "+r"(first) : "r"(eighth), "r"(second), "r"(third), "r"(fourth) : "memory");
	return first;
}
#endif

/* The bootstrap's block, as far as it is ours (facts/runtime.md 3.1). */
struct bootstrap {
	uint8_t head[112];
	uint64_t device_id;  /* 112 */
	uint64_t inner;      /* 120 */
	uint64_t inner_size; /* 128 */
};

struct head { /* of the launch: the block's address lies at 40 */
	uint8_t unused[40];
	uint64_t device_args;
};

static char *text(char *to, const char *from)
{
	while (*from)
		*to++ = *from++;
	return to;
}

static char *hex(char *to, uint64_t value)
{
	for (int shift = 60; shift >= 0; shift -= 4)
		*to++ = "0123456789abcdef"[value >> shift & 15];
	return to;
}

static char *decimal(char *to, uint64_t value)
{
	char digits[20];
	int count = 0;

	do
		digits[count++] = (char)('0' + value % 10);
	while (value /= 10);
	while (count)
		*to++ = digits[--count];
	return to;
}

/* First eight bytes of the GNU build id; a hash of everything where there is none. */
static uint64_t fingerprint(const uint8_t *bytes, uint64_t size)
{
	static const uint8_t note[] = { 4, 0, 0, 0, 20, 0, 0, 0, 3, 0, 0, 0, 'G', 'N', 'U', 0 };
	uint64_t hash = 0xcbf29ce484222325u;
	uint64_t value = 0;

	for (uint64_t at = 0; at + sizeof note + 20 <= size && at < 4096; at += 4) {
		uint32_t same = 0;

		while (same < sizeof note && bytes[at + same] == note[same])
			same++;
		if (same < sizeof note)
			continue;
		for (int i = 7; i >= 0; i--)
			value = value << 8 | bytes[at + sizeof note + (uint64_t)i];
		return value;
	}
	for (uint64_t at = 0; at < size; at++)
		hash = (hash ^ bytes[at]) * 0x100000001b3u;
	return hash;
}

static int write_all(long file, const uint8_t *bytes, uint64_t size)
{
	while (size) {
		long wrote = ask(CALL_WRITE, file, (long)(uintptr_t)bytes, (long)size, 0);

		if (wrote <= 0)
			return -1;
		bytes += wrote;
		size -= (uint64_t)wrote;
	}
	return 0;
}

/* Under a name of its own first: whoever looks sees the whole object or none. */
static int put(const char *path, const char *draft, const uint8_t *bytes, uint64_t size)
{
	long file = ask(CALL_OPENAT, AT_CWD, (long)(uintptr_t)draft, WRITE_CREATE_TRUNCATE, 0755);
	int rc;

	if (file < 0)
		return -1;
	rc = write_all(file, bytes, size);
	if (!rc && ask(CALL_FCHMOD, file, 0755, 0, 0))
		rc = -1;
	ask(CALL_CLOSE, file, 0, 0, 0);
	if (!rc && ask(CALL_RENAMEAT, AT_CWD, (long)(uintptr_t)draft, AT_CWD, (long)(uintptr_t)path))
		rc = -1;
	if (rc)
		ask(CALL_UNLINKAT, AT_CWD, (long)(uintptr_t)draft, 0, 0);
	return rc;
}

int DynTileFwkBackendKernelServerInit(void *args)
{
	const struct head *head = args;
	const struct bootstrap *block = head ? (const struct bootstrap *)(uintptr_t)head->device_args : 0;
	const uint8_t *inner;
	char path[PATH_ROOM];
	char draft[PATH_ROOM];
	char *end;

	if (!block || !block->inner || !block->inner_size)
		return -1;
	inner = (const uint8_t *)(uintptr_t)block->inner;
	end = hex(text(path, FOLDER), fingerprint(inner, block->inner_size));
	*end++ = '_';
	end = text(decimal(end, block->device_id), ".so");
	*end = 0;
	*text(text(draft, path), ".draft") = 0;
	return put(path, draft, inner, block->inner_size);
}

int StaticTileFwkBackendKernelServer(void *args)
{
	(void)args;
	return 0;
}

int DynTileFwkBackendKernelServer(void *args)
{
	(void)args;
	return 0;
}
