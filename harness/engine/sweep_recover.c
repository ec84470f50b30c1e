/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes behind a fault: a dead device is revived, a second context proves
 * that nobody else was hurt, and what the runtime could not give back is given
 * back by us, so that the next run starts from nothing.
 */
#include "attempt.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <tare/object.h>
#include <tare/status.h>
#include <tare/text.h>

#define REFUSED      256
#define SECOND       (TARE__CONTEXTS - 1) /* no case of ours opens so many */
#define RESETS_MOST  64

/* -- a dead device --------------------------------------------------------------------- */

static bool is_poisoned(struct tare_case *c, const struct tare_case_context *context)
{
	struct tare_dump dump;

	if (context->state != TARE_CONTEXT_OPEN)
		return false;
	c->ext->dump(context->handle, &dump);
	return dump.poisoned != 0;
}

bool tare__sweep_is_dead(struct tare_case *c)
{
	struct tare__look now;
	bool dead;

	tare__look_take(c, &now);
	dead = now.dead;
	for (unsigned i = 0; i < TARE__CONTEXTS; i++)
		dead |= is_poisoned(c, &c->contexts[i]);
	return dead;
}

static void must(struct tare_case *c, int code, const char *what)
{
	if (code == 0)
		return;
	tare__sweep_wrong(c, TARE_FAIL, "Fail.Sweep.Recovery", "on a device that had died, %s returned %d (%s)%s%s", what, code,
		tare_status_name(code), c->last_error[0] ? ": " : "", c->last_error);
	siglongjmp(*c->end, 1);
}

static int init_again(struct tare_case *c, struct tare_case_context *context)
{
	struct tare_objects objects = tare_objects(c);

	tare__case_enter(c, TARE_PHASE_OPEN);
	int code = c->abi->simpler_init(context->handle, objects.device, objects.aicpu, objects.aicpu_size, objects.aicore,
		objects.aicore_size, objects.dispatcher, objects.dispatcher_size);
	tare__case_leave(c);
	return code;
}

static void prepare_again(struct tare_case *c, unsigned number)
{
	const struct tare_case_context *context = &c->contexts[number];

	for (struct tare_callable *one = c->callables; one; one = one->next) {
		if (!one->registered || one->context != number || one->generation != context->generation)
			continue;
		tare__case_enter(c, TARE_PHASE_PREPARE);
		must(c, c->abi->prepare_callable(context->handle, one->id, one->image->bytes), "prepare_callable, again,");
		tare__case_leave(c);
	}
}

/* Without a forced reset the device stays dead: init must say so, and another process goes on. */
static bool can_be_revived(const struct tare_case *c)
{
	return c->plan->ref->cell.platform != TARE_PLATFORM_ONBOARD || c->tables.cann.aclrtResetDeviceForce;
}

bool tare__sweep_is_lost(struct tare_case *c)
{
	const struct tare_sweeper *sweeper = c->sweeper;

	if (can_be_revived(c))
		return false;
	for (unsigned i = 0; i < 2; i++)
		if (sweeper->strikes[i].fired && (sweeper->strikes[i].call == TARE_CALL_aclrtSynchronizeStreamWithTimeout ||
						 sweeper->sweep->points[sweeper->point].wishes[i].kind & TARE__DEADLY))
			return true;
	/* Asked behind another fault whether it lives, it gave a dead one's answer: finalize gave it up (may_have_died). */
	return sweeper->strikes[1].fired && sweeper->strikes[1].call == TARE_CALL_rtStreamCreate;
}

static void revive(struct tare_case *c, unsigned number)
{
	struct tare_case_context *context = &c->contexts[number];
	struct tare__look now;

	tare__case_enter(c, TARE_PHASE_CLOSE);
	must(c, c->abi->finalize_device(context->handle), "finalize_device");
	tare__case_leave(c);
	tare__look_take(c, &now);
	int code = init_again(c, context);
	if (!can_be_revived(c)) {
		/* One that was only given up for dead may come back all the same. */
		context->state = code == 0 ? TARE_CONTEXT_OPEN : TARE_CONTEXT_FINALIZED;
		if (code == 0 && now.dead)
			tare__sweep_wrong(c, TARE_FAIL, "Fail.Sweep.Recovery", "simpler_init returned 0 on a device that is dead");
		c->sweeper->sweep->wants_fresh = true;
		return;
	}
	must(c, code, "simpler_init of the same context, after its finalize,");
	prepare_again(c, number);
}

_Noreturn void tare__sweep_revive(struct tare_case *c)
{
	struct tare__look now;

	for (unsigned i = 0; i < TARE__CONTEXTS; i++)
		if (c->contexts[i].state == TARE_CONTEXT_OPEN)
			revive(c, i);
	/* Its finalize is over, and the device did not come back with it. */
	tare__look_take(c, &now);
	c->sweeper->sweep->wants_fresh |= now.dead || tare__sweep_is_lost(c);
	c->sweeper->again = true;
	siglongjmp(*c->end, 1);
}

/* -- a second context ---------------------------------------------------------------------- */

/* Rings as usual: those of the case may be too small for this. */
static void set_rings(struct tare_case *c, struct tare__capacity capacity)
{
	if (c->plan->ref->cell.graph == TARE_GRAPH_TRB)
		tare_capacity(c, capacity.window, capacity.heap, capacity.dependencies);
}

static void use_second(struct tare_case *c)
{
	tare_use_context(c, SECOND);
	struct tare_callable *vector = tare_prepare(c, "vector_example");
	tare_launch(c, vector);
	tare_expect_floats(c, vector, 2, 42.0f);
	tare_close(c);
}

static void give_up_second(struct tare_case *c)
{
	struct tare_case_context *context = &c->contexts[SECOND];

	if (context->state == TARE_CONTEXT_OPEN || context->state == TARE_CONTEXT_CREATED)
		(void)tare__context_finalize(c, context);
	tare__context_destroy(c, context);
}

void tare__sweep_second_context(struct tare_case *c)
{
	struct tare_sweeper *sweeper = c->sweeper;
	enum tare__sweep_mode mode = sweeper->mode;
	const struct tare__capacity capacity = c->capacity;
	unsigned current = c->current;
	const char *image = c->image;
	char doing[sizeof sweeper->sweep->doing];

	memcpy(doing, sweeper->sweep->doing, sizeof doing);
	snprintf(sweeper->sweep->doing, sizeof sweeper->sweep->doing, "a second context");
	sweeper->mode = TARE__PLAIN;
	set_rings(c, (struct tare__capacity){ 0 });
	if (!tare__case_protected(c, use_second))
		give_up_second(c);
	set_rings(c, capacity);
	sweeper->mode = mode;
	c->image = image;
	tare_use_context(c, current);
	memcpy(sweeper->sweep->doing, doing, sizeof doing);
}

/* -- what is left over ------------------------------------------------------------------------ */

/* The book knows a file by the hash of its path. */
static void remove_file(struct tare_case *c, uint64_t key)
{
	const char *folder = getenv("TMPDIR");
	DIR *open = opendir(folder ? folder : "/tmp");
	struct dirent *entry;
	char path[512];

	while (open && (entry = readdir(open))) {
		snprintf(path, sizeof path, "%s/%s", folder ? folder : "/tmp", entry->d_name);
		if (tare_hash_text(path) == key)
			c->sweeper->below.host.file_remove(path);
	}
	if (open)
		closedir(open);
}

static void give_object(const struct tare_tables *below, const struct tare_case *c, enum tare_account account, void *object)
{
	bool onboard = c->plan->ref->cell.platform == TARE_PLATFORM_ONBOARD;

	if (onboard && account == TARE_ACCOUNT_IMAGE_REGISTRATIONS) {
		if (below->cann.rtDevBinaryUnRegister)
			below->cann.rtDevBinaryUnRegister(object);
		return;
	}
	below->host.object_close(account == TARE_ACCOUNT_IMAGE_REGISTRATIONS ? TARE_OBJECT_AICORE : TARE_OBJECT_ORCHESTRATION,
		object);
}

/* Blocks and streams of a card go with its references, which are given back last. */
static void give_one(struct tare_case *c, enum tare_account account, uint64_t key, uint64_t amount)
{
	const struct tare_tables *below = &c->sweeper->below;
	void *thing = (void *)(uintptr_t)key;

	switch (account) {
	case TARE_ACCOUNT_DEVICE_BLOCKS:
		if (c->plan->ref->cell.platform == TARE_PLATFORM_SIM)
			below->host.memory_give(0, thing);
		break;
	case TARE_ACCOUNT_IMAGE_REGISTRATIONS:
	case TARE_ACCOUNT_HOST_OBJECTS:
		give_object(below, c, account, thing);
		break;
	case TARE_ACCOUNT_AICPU_BINARIES:
		below->cann.rtsBinaryUnload(thing);
		break;
	case TARE_ACCOUNT_TEMPORARY_FILES:
		remove_file(c, key);
		break;
	case TARE_ACCOUNT_HOST_MAPPINGS:
		if (amount)
			below->host.mapping_give(thing, amount);
		break;
	case TARE_ACCOUNT_RUNNER_THREADS:
		below->host.thread_join(thing);
		break;
	default:
		break;
	}
}

static bool is_gone(const struct tare_sweeper *sweeper, const struct tare_holding *held)
{
	for (unsigned i = 0; i < 2; i++) {
		const struct tare_fault_strike *strike = &sweeper->strikes[i];
		if (strike->fired && strike->rule == TARE_RULE_GIVES && strike->key == held->key &&
		    sweeper->sweep->points[sweeper->point].wishes[i].kind == TARE_FAULT_AFTER_EFFECT)
			return true;
	}
	return false;
}

static void give_orphans(struct tare_case *c)
{
	const struct tare_sweeper *sweeper = c->sweeper;

	for (unsigned i = 0; i < 2; i++) {
		const struct tare_fault_strike *strike = &sweeper->strikes[i];
		if (strike->fired && (strike->rule == TARE_RULE_TAKES || strike->rule == TARE_RULE_TAKES_UNDER) && strike->key &&
		    sweeper->sweep->points[sweeper->point].wishes[i].kind == TARE_FAULT_AFTER_EFFECT)
			give_one(c, (enum tare_account)strike->account, strike->key, 0);
	}
}

static void reset_device(struct tare_case *c)
{
	const struct tare_cann *cann = &c->sweeper->below.cann;
	struct tare__look now;

	if (c->plan->ref->cell.platform != TARE_PLATFORM_ONBOARD || !c->target.machine)
		return;
	tare__look_take(c, &now);
	for (int i = 0; i < RESETS_MOST && now.value[TARE__LOOK_MACHINE_REFERENCES] > 0; i++) {
		cann->rtDeviceReset(0);
		tare__look_take(c, &now);
	}
	if (now.dead && cann->aclrtResetDeviceForce) {
		cann->rtSetDevice(0);
		cann->aclrtResetDeviceForce(0);
	}
}

/*
 * Blocks that a fault kept from being given back went down with the device, and memcheck would have them lost and each
 * device mapped.  Those of a run without a fault are lost; so are those of a bad point that is replayed, and memcheck shows who took them.
 */
static void forgive(struct tare_case *c)
{
	const struct tare_sweeper *sweeper = c->sweeper;

	if (!c->target.machine || sweeper->point == TARE__NO_POINT)
		return;
	if (sweeper->sweep->replay && atomic_load(&sweeper->sweep->points[sweeper->point].done) & TARE__BAD)
		return;
	tare_machine_forgive();
}

void tare__sweep_settle(struct tare_case *c)
{
	struct tare_holding refused[REFUSED];
	uint32_t count = tare_ledger_refused(c->ledger, refused, REFUSED);

	tare_must(count <= REFUSED);
	/* Threads first: what the others carry, they may still use. */
	for (uint32_t i = 0; i < 2 * count; i++) {
		const struct tare_holding *one = &refused[i % count];
		if ((one->account == TARE_ACCOUNT_RUNNER_THREADS) == (i < count) && !is_gone(c->sweeper, one))
			give_one(c, (enum tare_account)one->account, one->key, one->amount);
	}
	give_orphans(c);
	reset_device(c);
	forgive(c);
	tare_ledger_write_off(c->ledger);
}
