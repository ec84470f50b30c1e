/* SPDX-License-Identifier: Apache-2.0 */
/*
 * orchestration - what a host_build_graph orchestration sees of the runtime
 *
 * Binary compatible with the reference (facts/runtime.md 5.2): the order of
 * the table, and that the runtime's first member points to it.
 *
 *     int build(struct tare_orchestration *runtime, const struct tare_chip_args *args);
 *
 * Task ids count from 0.  What device_malloc gives belongs to the run and goes
 * back with it, freed or not.  An edge or argument that breaks a rule makes
 * the run end with TARE_E_GRAPH, whatever the orchestration returns.
 */
#ifndef TARE_ORCHESTRATION_H
#define TARE_ORCHESTRATION_H

#include <stddef.h>
#include <stdint.h>

#include <tare/callable.h>

struct tare_orchestration;

struct tare_orchestration_ops {
	int (*add_task)(struct tare_orchestration *, uint64_t *args, int arg_count, int func_id, int core_type); /* id or -1 */
	int (*set_tensor_info_to_task)(struct tare_orchestration *, int task, const void *infos, int count);      /* 0 or -1 */
	void (*add_successor)(struct tare_orchestration *, int from, int to);
	void (*record_tensor_pair)(struct tare_orchestration *, void *host, void *device, size_t size); /* copied back after success */
	int (*get_task_count)(struct tare_orchestration *);
	void (*print_runtime)(struct tare_orchestration *);
	void *(*device_malloc)(struct tare_orchestration *, size_t size);
	void (*device_free)(struct tare_orchestration *, void *device);
	int (*copy_to_device)(struct tare_orchestration *, void *device, const void *host, size_t size);
};

struct tare_orchestration {
	const struct tare_orchestration_ops *ops;
};

typedef int (*tare_orchestration_fn)(struct tare_orchestration *, const struct tare_chip_args *args);

#endif
