/* SPDX-License-Identifier: Apache-2.0 */
/* table - the fifteen functions that an orchestration holds, over the core */
#include <tare/log.h>

#include "core.h"

#define LINE 256u

static struct tare__trb *core_of(struct tare_trb_runtime *runtime)
{
	return (struct tare__trb *)(void *)runtime;
}

/* From the orchestration's code into ours, which is not left half-way; and back, if its time is not over by then. */
static inline struct tare__trb *come_in(struct tare__trb *trb)
{
	if (trb)
		trb->lease->at = TARE_LEASE_OURS;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	return trb;
}

static inline void go_out(struct tare__trb *trb)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (!trb)
		return;
	trb->lease->at = TARE_LEASE_THEIRS;
	if (trb->lease->overdue)
		trb->world.recall(trb->world.cookie);
}

static struct tare_trb_outputs submit_task(struct tare_trb_runtime *runtime, const struct tare_trb_kernels *kernels,
	const struct tare_trb_arg *arg)
{
	struct tare__trb *trb = come_in(core_of(runtime));
	struct tare_trb_outputs outputs = tare__trb_submit(trb, kernels, arg);

	go_out(trb);
	return outputs;
}

static void scope_begin(struct tare_trb_runtime *runtime)
{
	struct tare__trb *trb = come_in(core_of(runtime));
	uint8_t mode = runtime->pending_scope_mode;

	runtime->pending_scope_mode = TARE_TRB_SCOPE_AUTO;
	tare__trb_scope_begin(trb, mode);
	go_out(trb);
}

/* The outermost scope is the AICPU thread's, around the entry. */
static void scope_end(struct tare_trb_runtime *runtime)
{
	struct tare__trb *trb = come_in(core_of(runtime));

	if (trb->depth == 1)
		tare__trb_fail(trb, TARE_TRB_INVALID_ARGS, "a scope ends that has not begun");
	else
		tare__trb_scope_end(trb);
	go_out(trb);
}

/* It is done when its entry returns. */
static void orchestration_done(struct tare_trb_runtime *runtime)
{
	(void)runtime;
}

static bool is_fatal(struct tare_trb_runtime *runtime)
{
	return tare__trb_failed(core_of(runtime));
}

static void say(struct tare__trb *trb, enum tare_log_level level, const char *function, const char *format, va_list list)
{
	static const char prefix[] = "orchestration: ";
	char line[LINE];
	uint32_t at = sizeof prefix - 1;

	if (!trb || !trb->world.log)
		return;
	__builtin_memcpy(line, prefix, sizeof prefix);
	while (function && *function && at < LINE / 2)
		line[at++] = *function++;
	line[at++] = ':';
	line[at++] = ' ';
	tare__trb_format(line + at, LINE - at, format, list);
	trb->world.log(trb->world.cookie, (int)level, line);
}

static void report_fatal(struct tare_trb_runtime *runtime, int32_t code, const char *function, const char *format, ...)
{
	struct tare__trb *trb = come_in(core_of(runtime));
	va_list list;

	va_start(list, format);
	say(trb, TARE_LOG_ERROR, function, format, list);
	va_end(list);
	va_start(list, format);
	tare__trb_fail_list(trb, code > 0 ? (enum tare_trb_error)code : TARE_TRB_EXPLICIT_ORCH_FATAL, format, list);
	va_end(list);
	go_out(trb);
}

static void say_marked(enum tare_log_level level, const char *function, const char *format, va_list list)
{
	struct tare__trb *trb = come_in(tare__trb_marked());

	say(trb, level, function, format, list);
	go_out(trb);
}

static void log_error(const char *function, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	say_marked(TARE_LOG_ERROR, function, format, list);
	va_end(list);
}

static void log_warn(const char *function, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	say_marked(TARE_LOG_WARN, function, format, list);
	va_end(list);
}

static void log_debug(const char *function, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	say_marked(TARE_LOG_DEBUG, function, format, list);
	va_end(list);
}

static void log_info_v(const char *function, int level, const char *format, ...)
{
	va_list list;

	(void)level;
	va_start(list, format);
	say_marked(TARE_LOG_INFO, function, format, list);
	va_end(list);
}

static uint64_t get_tensor_data(struct tare_trb_runtime *runtime, const struct tare_trb_tensor *tensor, uint32_t dims,
	const uint32_t *index)
{
	struct tare__trb *trb = come_in(core_of(runtime));
	uint64_t value = tare__trb_data_get(trb, tensor, dims, index);

	go_out(trb);
	return value;
}

static void set_tensor_data(struct tare_trb_runtime *runtime, const struct tare_trb_tensor *tensor, uint32_t dims,
	const uint32_t *index, uint64_t value)
{
	struct tare__trb *trb = come_in(core_of(runtime));

	tare__trb_data_set(trb, tensor, dims, index, value);
	go_out(trb);
}

static struct tare_trb_outputs alloc_tensors(struct tare_trb_runtime *runtime, const struct tare_trb_arg *arg)
{
	struct tare__trb *trb = come_in(core_of(runtime));
	struct tare_trb_outputs outputs = tare__trb_alloc(trb, arg);

	go_out(trb);
	return outputs;
}

static struct tare_trb_outputs submit_dummy_task(struct tare_trb_runtime *runtime, const struct tare_trb_arg *arg)
{
	struct tare__trb *trb = come_in(core_of(runtime));
	struct tare_trb_outputs outputs = tare__trb_submit_dummy(trb, arg);

	go_out(trb);
	return outputs;
}

const struct tare_trb_ops tare__trb_ops = {
	.submit_task = submit_task,
	.scope_begin = scope_begin,
	.scope_end = scope_end,
	.orchestration_done = orchestration_done,
	.is_fatal = is_fatal,
	.report_fatal = report_fatal,
	.log_error = log_error,
	.log_warn = log_warn,
	.log_debug = log_debug,
	.log_info_v = log_info_v,
	.get_tensor_data = get_tensor_data,
	.set_tensor_data = set_tensor_data,
	.alloc_tensors = alloc_tensors,
	.submit_dummy_task = submit_dummy_task,
	.scope_set_site = NULL,
};
