/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hands - the AICPU's side of the handshake, and of the farewell
 *
 * Every core is heard to the end even when one is refused, so that each of the
 * others can be sent away properly: the next launch finds them as ever.
 */
#include "hands.h"

#include <tare/status.h>

/* The core has named itself: opens its registers, or refuses it. */
static bool open(const struct tare__hands *hands, uint32_t core)
{
	const struct tare_core_ops *ops = hands->port->ops;
	struct tare_handshake *hand = &hands->workers[core];
	struct tare__seat *seat = &hands->seats[core];
	bool known = hand->physical_core_id < tare__program_arch.physical_cores;

	if (known) {
		seat->registers = tare__args_registers(hands->args, hand->physical_core_id);
		if (tare__program_arch.fast_path_enable != TARE_ABSENT)
			ops->store(hands->port, seat->registers + tare__program_arch.fast_path_enable,
				tare__program_arch.fast_path_open);
		ops->store(hands->port, seat->registers + tare__program_arch.data_main_base, TARE_MAIN_IDLE);
		seat->state = TARE__SEAT_OPEN;
	} else {
		*hands->error_worker = core;
		seat->state = TARE__SEAT_REFUSED;
	}
	tare__put(&hand->aicpu_regs_ready, known ? TARE__REGS_READY : TARE__REGS_REFUSED);
	ops->ring(hands->port, core);
	return known;
}

/* Whether this is the last we had to hear from the core. */
static bool hear_out(const struct tare__hands *hands, uint32_t core)
{
	struct tare_handshake *hand = &hands->workers[core];
	struct tare__seat *seat = &hands->seats[core];

	if (seat->state == TARE__SEAT_EMPTY && tare__get(&hand->aicore_regs_ready) && !open(hands, core))
		return true;
	if (seat->state != TARE__SEAT_OPEN || tare__get(&hand->aicore_done) != core + 1)
		return false;
	seat->state = TARE__SEAT_TAKEN;
	seat->type = hand->core_type == TARE_CORE_AIC ? TARE_CORE_AIC : TARE_CORE_AIV;
	return true;
}

int tare__hands_shake(const struct tare__hands *hands)
{
	struct tare_device_port *port = hands->port;
	uint32_t missing = hands->count;
	bool refused = false;

	for (uint32_t i = 0; i < hands->count; i++) {
		hands->seats[i] = (struct tare__seat){ .pending = TARE__NO_TASK, .running = TARE__NO_TASK };
		tare__put(&hands->workers[i].aicpu_ready, 1u);
		port->ops->ring(port, i);
	}
	while (missing) {
		int32_t core = port->ops->heard(port);

		if (core < 0) {
			if (port->ops->wait(port))
				return TARE_E_STALL;
			continue;
		}
		if ((uint32_t)core >= hands->count || !hear_out(hands, (uint32_t)core))
			continue;
		refused |= hands->seats[core].state == TARE__SEAT_REFUSED;
		missing--;
	}
	return refused ? TARE_E_FAILED : 0;
}

static void send_away(const struct tare__hands *hands, uint32_t core)
{
	uint64_t registers = hands->seats[core].registers;

	hands->port->ops->store(hands->port, registers + tare__program_arch.data_main_base, TARE_MAIN_EXIT);
}

static bool has_left(const struct tare__hands *hands, uint32_t core)
{
	const struct tare_core_ops *ops = hands->port->ops;
	uint64_t registers = hands->seats[core].registers;

	if (ops->load(hands->port, registers + tare__program_arch.cond) != TARE_COND_EXITED)
		return false;
	ops->store(hands->port, registers + tare__program_arch.data_main_base, TARE_MAIN_IDLE);
	if (tare__program_arch.fast_path_enable != TARE_ABSENT)
		ops->store(hands->port, registers + tare__program_arch.fast_path_enable, tare__program_arch.fast_path_close);
	return true;
}

int tare__hands_dismiss(const struct tare__hands *hands, uint64_t own[TARE__WORDS])
{
	struct tare_device_port *port = hands->port;

	for (uint32_t i = 0; i < TARE__WORDS; i++)
		for (uint64_t left = own[i]; left; left &= left - 1)
			send_away(hands, tare__bit_first(left) + i * 64);
	while (own[0] | own[1]) {
		int32_t core = port->ops->heard(port);

		if (core < 0) {
			if (port->ops->wait(port))
				return TARE_E_STALL;
		} else if (own[core / 64] & 1ull << core % 64 && has_left(hands, (uint32_t)core)) {
			tare__bit_clear(own, (uint32_t)core);
		}
	}
	return 0;
}
