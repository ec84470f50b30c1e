/* SPDX-License-Identifier: Apache-2.0 */
/* points - calls by their number: what a run without faults passes, and where the next one is to fail */
#include <string.h>

#include <tare/object.h>
#include <tare/text.h>

#include "fault_priv.h"

#define ON_THE_MACHINE (TARE_FAULT_LATE | TARE_FAULT_HANG | TARE_FAULT_POISON)

unsigned tare__fault_kinds(const struct tare_fault *fault, const struct tare_call *call)
{
	unsigned kinds = tare_call_info(call->id)->kinds;

	if (!fault->machine)
		kinds &= ~(unsigned)ON_THE_MACHINE;
	if (!call->handle)
		kinds &= ~(unsigned)TARE_FAULT_NULL_HANDLE;
	return kinds;
}

uint64_t tare__fault_path(const struct tare_fault *fault, struct tare_call *call)
{
	const uint64_t words[] = { tare_call_path(call), fault->place };
	uint64_t path = tare_hash(words, sizeof words);

	return path ? path : 1;
}

void tare__fault_note(struct tare_fault *fault, struct tare_call *call, uint32_t number)
{
	struct tare_fault_point *point;

	if (!fault->points || number > fault->room)
		return;
	point = &fault->points[number - 1];
	*point = (struct tare_fault_point){
		.number = number,
		.call = (uint32_t)call->id,
		.place = fault->place,
		.kinds = tare__fault_kinds(fault, call),
		.path = tare__fault_path(fault, call),
	};
	memcpy(point->frames, call->frames, sizeof point->frames);
	for (size_t i = 0; i < TARE__PENDING; i++)
		if (!fault->noted[i]) {
			fault->noted[i] = call;
			fault->noted_as[i] = number;
			break;
		}
}

void tare__fault_note_end(struct tare_fault *fault, const struct tare_call *call, bool stopped)
{
	for (size_t i = 0; i < TARE__PENDING; i++) {
		if (fault->noted[i] != call)
			continue;
		fault->noted[i] = NULL;
		if (fault->points && fault->noted_as[i] <= fault->room)
			fault->points[fault->noted_as[i] - 1].failed = !stopped && call->result != 0;
		return;
	}
}

/* The lock is held. */
static void number(struct tare_fault *fault)
{
	fault->numbered = true;
	atomic_store_explicit(&fault->calls, 0, memory_order_relaxed);
	atomic_store_explicit(&fault->active, true, memory_order_release);
}

void tare_fault_watch(struct tare_fault *fault, struct tare_fault_point *points, uint32_t room)
{
	tare_must(fault->magic == TARE_MAGIC_FAULT);
	pthread_mutex_lock(&fault->lock);
	fault->points = points;
	fault->room = points ? room : 0;
	if (points)
		number(fault);
	pthread_mutex_unlock(&fault->lock);
}

void tare_fault_place(struct tare_fault *fault, uint32_t place)
{
	tare_must(fault->magic == TARE_MAGIC_FAULT);
	pthread_mutex_lock(&fault->lock);
	fault->place = place;
	pthread_mutex_unlock(&fault->lock);
}

uint32_t tare_fault_calls(const struct tare_fault *fault)
{
	tare_must(fault->magic == TARE_MAGIC_FAULT);
	return atomic_load_explicit(&fault->calls, memory_order_relaxed);
}

void tare_fault_restart(struct tare_fault *fault)
{
	tare_must(fault->magic == TARE_MAGIC_FAULT);
	pthread_mutex_lock(&fault->lock);
	number(fault);
	pthread_mutex_unlock(&fault->lock);
}

void tare_fault_machine(struct tare_fault *fault, bool ours)
{
	tare_must(fault->magic == TARE_MAGIC_FAULT);
	pthread_mutex_lock(&fault->lock);
	fault->machine = ours;
	pthread_mutex_unlock(&fault->lock);
}
