/* SPDX-License-Identifier: Apache-2.0 */
/* error - the first fatal error of a launch, and the sentences that go with each code */
#include "core.h"

static const struct tare__trb_error_row rows[] = {
#define TARE_TRB_ERROR(name, number, detail, hint) { (number), #name, detail, hint },
#include <tare/trb_error.def>
#undef TARE_TRB_ERROR
};

const struct tare__trb_error_row *tare__trb_error_row(int32_t code)
{
	for (uint32_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].code == code)
			return &rows[i];
	return NULL;
}

void tare__trb_fail_list(struct tare__trb *trb, enum tare_trb_error code, const char *format, va_list list)
{
	if (__atomic_exchange_n(&trb->failing, 1u, __ATOMIC_ACQ_REL))
		return;
	trb->status->orch_error = (int32_t)code;
	tare__trb_format(trb->status->detail, TARE_TRB_DETAIL, format, list);
	__atomic_store_n(&trb->failed, 1u, __ATOMIC_RELEASE);
}

void tare__trb_fail(struct tare__trb *trb, enum tare_trb_error code, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	tare__trb_fail_list(trb, code, format, list);
	va_end(list);
}

/* Only who is first says what it was; every thread that saw it is named. */
static bool is_first(struct tare__trb *trb, enum tare_trb_error code, uint32_t thread)
{
	struct tare_trb_status *status = trb->status;

	if (thread < TARE_MAX_AICPU_THREADS)
		__atomic_fetch_or(&status->sched_threads, 1u << thread, __ATOMIC_RELAXED);
	if (__atomic_exchange_n(&trb->failing, 1u, __ATOMIC_ACQ_REL))
		return false;
	status->sched_error = (int32_t)code;
	status->sched_thread = thread;
	return true;
}

static void describe(struct tare__trb *trb, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	tare__trb_format(trb->status->detail, TARE_TRB_DETAIL, format, list);
	va_end(list);
}

void tare__trb_fail_scheduler(struct tare__trb *trb, enum tare_trb_error code, uint32_t thread, const char *format, ...)
{
	va_list list;

	if (!is_first(trb, code, thread))
		return;
	va_start(list, format);
	tare__trb_format(trb->status->detail, TARE_TRB_DETAIL, format, list);
	va_end(list);
	__atomic_store_n(&trb->failed, 1u, __ATOMIC_RELEASE);
}

void tare__trb_fail_stalled(struct tare__trb *trb, uint32_t thread)
{
	static const char *const words[] = {
		[TARE_TRB_STALL_RUNNING] = "a kernel has not returned",
		[TARE_TRB_STALL_READY] = "tasks are ready, and no core takes them",
		[TARE_TRB_STALL_WAITING] = "tasks wait for others that never complete",
		[TARE_TRB_STALL_ORCHESTRATION] = "the orchestration waits, and no task is left that it could wait for",
	};
	enum tare_trb_stall stall;

	if (!is_first(trb, TARE_TRB_SCHEDULER_TIMEOUT, thread))
		return;
	trb->status->stall = stall = tare__trb_stall_of(trb);
	if (stall == TARE_TRB_STALL_WAITING && trb->async_holds)
		describe(trb, "%u kernels have returned, and wait for %u conditions that nothing makes true", trb->async_holds,
			trb->async_pending);
	else if (stall < sizeof words / sizeof words[0])
		describe(trb, "%s", words[stall]);
	__atomic_store_n(&trb->failed, 1u, __ATOMIC_RELEASE);
}

void tare__trb_fail_endless(struct tare__trb *trb, uint32_t thread)
{
	if (!is_first(trb, TARE_TRB_SCHEDULER_TIMEOUT, thread))
		return;
	trb->status->stall = TARE_TRB_STALL_ORCHESTRATION;
	describe(trb, "the orchestration has used up its processor time, and was left where it was; it had submitted %llu tasks",
		(unsigned long long)trb->submitted);
	__atomic_store_n(&trb->failed, 1u, __ATOMIC_RELEASE);
}

void tare__trb_fail_program(struct tare__trb *trb, int status, const char *detail)
{
	uint32_t i = 0;

	if (__atomic_exchange_n(&trb->failing, 1u, __ATOMIC_ACQ_REL))
		return;
	trb->status->error = status;
	for (; detail[i] && i < TARE_TRB_DETAIL - 1; i++)
		trb->status->detail[i] = detail[i];
	trb->status->detail[i] = '\0';
	__atomic_store_n(&trb->failed, 1u, __ATOMIC_RELEASE);
}
