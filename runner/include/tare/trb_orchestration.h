/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trb_orchestration - what an orchestration of tensormap_and_ringbuffer sees of the runtime
 *
 * Binary compatible with the reference (facts/runtime.md 6.6).  The object
 * exports, under the names its callable gives:
 *
 *     void aicpu_orchestration_entry(const struct tare_chip_args *args);
 *     struct tare_trb_config aicpu_orchestration_config(const struct tare_chip_args *args);   (optional)
 *     void framework_bind_runtime(struct tare_trb_runtime *runtime);                          (optional)
 *
 * and keeps the bound runtime in a plain global of its own.  It runs on an
 * AICPU thread.  After a fatal error every function returns at once, with an
 * empty result.
 */
#ifndef TARE_TRB_ORCHESTRATION_H
#define TARE_TRB_ORCHESTRATION_H

#include <stdarg.h>
#include <stdbool.h>

#include <tare/callable.h>
#include <tare/trb_tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

enum tare_trb_error {
	TARE_TRB_OK = 0,
#define TARE_TRB_ERROR(name, number, detail, hint) TARE_TRB_##name = (number),
#include <tare/trb_error.def>
#undef TARE_TRB_ERROR
};

enum tare_trb_tag {
	TARE_TRB_INPUT, TARE_TRB_OUTPUT, TARE_TRB_INOUT, TARE_TRB_OUTPUT_EXISTING, TARE_TRB_NO_DEP
};

enum tare_trb_scope_mode { TARE_TRB_SCOPE_AUTO = 0, TARE_TRB_SCOPE_MANUAL = 1 };

struct tare_trb_launch_spec {
	int16_t block_count; /* 1 */
	bool require_sync_start;
};

struct tare_trb_arg { /* what a task is submitted with; borrowed for the call */
	int32_t tags[TARE_TRB_TENSORS];        /* enum tare_trb_tag */
	const void *tensors[TARE_TRB_TENSORS]; /* struct tare_trb_tensor, or _create_info where the tag is OUTPUT */
	uint64_t scalars[TARE_TRB_SCALARS];
	int32_t tensor_count;
	int32_t scalar_count;
	bool has_error;                        /* the builder refused something */
	const char *error;
	struct tare_trb_launch_spec spec;
	uint64_t dump_mask;
	bool dump_selective;
	const uint64_t *dependencies;          /* task ids */
	uint32_t dependency_count;
};

struct tare_trb_outputs {
	uint64_t task;   /* TARE_TRB_NO_TASK: nothing was submitted */
	uint32_t count;
	const struct tare_trb_tensor *tensors[TARE_TRB_TENSORS]; /* in the task itself: gone with its scope */
};

struct tare_trb_kernels { /* function ids, -1: none */
	int32_t aic;
	int32_t aiv0;
	int32_t aiv1;
};

struct tare_trb_config {
	int32_t expected_arg_count; /* tensors and scalars; 0: any */
};

struct tare_trb_runtime;

struct tare_trb_ops {
	struct tare_trb_outputs (*submit_task)(struct tare_trb_runtime *, const struct tare_trb_kernels *,
		const struct tare_trb_arg *);
	void (*scope_begin)(struct tare_trb_runtime *);
	void (*scope_end)(struct tare_trb_runtime *);
	void (*orchestration_done)(struct tare_trb_runtime *);
	bool (*is_fatal)(struct tare_trb_runtime *);
	void (*report_fatal)(struct tare_trb_runtime *, int32_t code, const char *function, const char *format, ...)
		__attribute__((format(printf, 4, 5)));
	void (*log_error)(const char *function, const char *format, ...) __attribute__((format(printf, 2, 3)));
	void (*log_warn)(const char *function, const char *format, ...) __attribute__((format(printf, 2, 3)));
	void (*log_debug)(const char *function, const char *format, ...) __attribute__((format(printf, 2, 3)));
	void (*log_info_v)(const char *function, int level, const char *format, ...) __attribute__((format(printf, 3, 4)));
	uint64_t (*get_tensor_data)(struct tare_trb_runtime *, const struct tare_trb_tensor *, uint32_t dims,
		const uint32_t *index);
	void (*set_tensor_data)(struct tare_trb_runtime *, const struct tare_trb_tensor *, uint32_t dims,
		const uint32_t *index, uint64_t value);
	struct tare_trb_outputs (*alloc_tensors)(struct tare_trb_runtime *, const struct tare_trb_arg *);
	struct tare_trb_outputs (*submit_dummy_task)(struct tare_trb_runtime *, const struct tare_trb_arg *);
	void (*scope_set_site)(const char *file, int line); /* may be NULL */
};

struct tare_trb_runtime {
	const struct tare_trb_ops *ops;
	uint8_t pending_scope_mode; /* enum tare_trb_scope_mode, of the next scope_begin */
};

typedef void (*tare_trb_entry_fn)(const struct tare_chip_args *args);
typedef struct tare_trb_config (*tare_trb_config_fn)(const struct tare_chip_args *args);
typedef void (*tare_trb_bind_fn)(struct tare_trb_runtime *runtime);

#define TARE_TRB_DEFAULT_ENTRY  "aicpu_orchestration_entry"
#define TARE_TRB_DEFAULT_CONFIG "aicpu_orchestration_config"
#define TARE_TRB_BIND           "framework_bind_runtime"

static_assert(sizeof(struct tare_trb_arg) == 512, "an arg is 512 bytes");
static_assert(offsetof(struct tare_trb_arg, tensors) == 64, "tensors");
static_assert(offsetof(struct tare_trb_arg, scalars) == 192, "scalars");
static_assert(offsetof(struct tare_trb_arg, tensor_count) == 448, "tensor_count");
static_assert(offsetof(struct tare_trb_arg, has_error) == 456, "has_error");
static_assert(offsetof(struct tare_trb_arg, error) == 464, "error");
static_assert(offsetof(struct tare_trb_arg, spec) == 472, "spec");
static_assert(offsetof(struct tare_trb_arg, dump_mask) == 480, "dump_mask");
static_assert(offsetof(struct tare_trb_arg, dump_selective) == 488, "dump_selective");
static_assert(offsetof(struct tare_trb_arg, dependencies) == 496, "dependencies");
static_assert(offsetof(struct tare_trb_arg, dependency_count) == 504, "dependency_count");
static_assert(sizeof(struct tare_trb_outputs) == 144, "outputs are 144 bytes");
static_assert(offsetof(struct tare_trb_outputs, tensors) == 16, "tensors");
static_assert(sizeof(struct tare_trb_kernels) == 12, "kernels are 12 bytes");
static_assert(sizeof(struct tare_trb_config) == 4, "a config is 4 bytes");
static_assert(sizeof(struct tare_trb_ops) == 120, "the table has fifteen entries");
static_assert(offsetof(struct tare_trb_runtime, pending_scope_mode) == 8, "pending_scope_mode");

#ifdef __cplusplus
}
#endif

#endif
