/* SPDX-License-Identifier: Apache-2.0 */
#include "trb_scenes.h"

enum { ADD, ADD_SCALAR, MUL, MARK_AIC, MARK_AIV, MEET, COUNT, HANG };

static struct tare_trb_runtime *rt; /* as an orchestration keeps it */

static void bind(struct tare_trb_runtime *runtime)
{
	rt = runtime;
}

/* -- kernels -- */

static float *floats(int64_t arg)
{
	const struct tare_trb_tensor *tensor = (const struct tare_trb_tensor *)(uintptr_t)arg;

	return (float *)(uintptr_t)tensor->buffer + tensor->start_offset;
}

static void add(int64_t *args, const struct tare_kernel_context *context)
{
	(void)context;
	for (int i = 0; i < 64; i++)
		floats(args[2])[i] = floats(args[0])[i] + floats(args[1])[i];
}

static void add_scalar(int64_t *args, const struct tare_kernel_context *context)
{
	(void)context;
	for (int i = 0; i < 64; i++)
		floats(args[1])[i] = floats(args[0])[i] + (float)args[2];
}

static void mul(int64_t *args, const struct tare_kernel_context *context)
{
	(void)context;
	for (int i = 0; i < 64; i++)
		floats(args[2])[i] = floats(args[0])[i] * floats(args[1])[i];
}

static void leave_mark(const int64_t *args, const struct tare_kernel_context *context, uint64_t mark)
{
	const struct tare_trb_local *local = (const struct tare_trb_local *)(uintptr_t)args[TARE_TRB_ARG_LOCAL];
	const struct tare_trb_global *global = (const struct tare_trb_global *)(uintptr_t)args[TARE_TRB_ARG_GLOBAL];
	uint32_t lane = context->kind == TARE_CORE_AIC ? 0 : 1 + context->sub_block;
	uint64_t *to = (uint64_t *)(uintptr_t)args[0] + local->block_index * 3 + lane;

	__atomic_fetch_add(to, mark + 0x100u * (uint32_t)local->block_count + 0x1000u * (uint32_t)global->sub_block,
		__ATOMIC_RELAXED);
}

static void mark_aic(int64_t *args, const struct tare_kernel_context *context)
{
	leave_mark(args, context, 1);
}

static void mark_aiv(int64_t *args, const struct tare_kernel_context *context)
{
	leave_mark(args, context, 0x10);
}

/* Returns when all blocks have come: which they only can when they run at the same time. args: counter, how many */
static void meet(int64_t *args, const struct tare_kernel_context *context)
{
	uint64_t *counter = (uint64_t *)(uintptr_t)args[0];

	__atomic_fetch_add(counter, 1u, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(counter, __ATOMIC_ACQUIRE) < (uint64_t)args[1])
		context->yield(context);
}

static void count(int64_t *args, const struct tare_kernel_context *context)
{
	const struct tare_trb_tensor *tensor = (const struct tare_trb_tensor *)(uintptr_t)args[0];
	uint64_t *to = (uint64_t *)(uintptr_t)tensor->buffer;

	(void)context;
	if (*to == (uint64_t)args[1])
		*to += 1;
}

static void hang(int64_t *args, const struct tare_kernel_context *context)
{
	(void)args;
	(void)context;
	for (volatile uint32_t i = 0;; i++)
		continue;
}

void scene_kernels(uint64_t *kernels)
{
	static const tare_kernel_fn entries[] = { [ADD] = add, [ADD_SCALAR] = add_scalar, [MUL] = mul, [MARK_AIC] = mark_aic,
		[MARK_AIV] = mark_aiv, [MEET] = meet, [COUNT] = count, [HANG] = hang };

	for (uint32_t i = 0; i < sizeof entries / sizeof entries[0]; i++)
		kernels[i] = (uintptr_t)entries[i];
}

/* -- orchestrations -- */

static struct tare_trb_outputs aiv(int32_t kernel, const struct tare_trb_arg *arg)
{
	const struct tare_trb_kernels kernels = { -1, kernel, -1 };

	return rt->ops->submit_task(rt, &kernels, arg);
}

static struct tare_trb_tensor external(const struct tare_chip_args *args, uint32_t i)
{
	struct tare_trb_tensor tensor;

	tare_trb_tensor_whole(&tensor, args->tensors[i].data, TARE_FLOAT32, 4, 1, args->tensors[i].shape);
	return tensor;
}

/* A task with a new tensor of 64 floats. */
static struct tare_trb_tensor derive(int32_t kernel, const struct tare_trb_tensor *x, const struct tare_trb_tensor *y,
	int32_t scalar)
{
	const uint32_t shape[] = { 64 };
	struct tare_trb_create_info info;
	struct tare_trb_arg arg;

	tare_trb_create(&info, TARE_FLOAT32, 1, shape);
	tare_trb_arg_begin(&arg);
	tare_trb_add_input(&arg, x);
	if (y)
		tare_trb_add_input(&arg, y);
	tare_trb_add_output(&arg, &info);
	if (!y)
		tare_trb_add_scalar(&arg, (uint64_t)scalar);
	const struct tare_trb_tensor *made = aiv(kernel, &arg).tensors[0];
	/* A launch that has failed meanwhile puts out nothing. */
	return made ? *made : *x;
}

static void vector(const struct tare_chip_args *args)
{
	struct tare_trb_tensor x = external(args, 0), y = external(args, 1), to = external(args, 2);
	struct tare_trb_tensor sum = derive(ADD, &x, &y, 0);
	struct tare_trb_tensor one = derive(ADD_SCALAR, &sum, NULL, 1);
	struct tare_trb_tensor two = derive(ADD_SCALAR, &sum, NULL, 2);
	struct tare_trb_tensor product = derive(MUL, &one, &two, 0);
	struct tare_trb_arg arg;

	tare_trb_arg_begin(&arg);
	tare_trb_add_input(&arg, &product);
	tare_trb_add_input(&arg, &sum);
	tare_trb_add_inout(&arg, &to); /* several of these may be under way, and an existing output waits for nobody */
	aiv(ADD, &arg);
}

static void empty(const struct tare_chip_args *args)
{
	(void)args;
}

static void mix(const struct tare_chip_args *args)
{
	const struct tare_trb_kernels kernels = { MARK_AIC, MARK_AIV, MARK_AIV };
	struct tare_trb_arg arg;

	tare_trb_arg_begin(&arg);
	tare_trb_add_scalar(&arg, args->scalars[0]);
	arg.spec.block_count = 96;
	rt->ops->submit_task(rt, &kernels, &arg);
}

/* Between ordinary tasks, so that the cores have to be gathered first. */
static void together(const struct tare_chip_args *args)
{
	static const struct tare_trb_kernels kernels[] = { { MEET, -1, -1 }, { -1, MEET, -1 }, { MEET, MEET, -1 } };
	static const uint32_t lanes[] = { 1, 1, 2 };

	for (uint32_t i = 0; i < 3; i++) {
		uint32_t blocks = (uint32_t)args->scalars[1] * (i == 1 ? 2 : 1);
		struct tare_trb_arg arg;

		tare_trb_arg_begin(&arg);
		tare_trb_add_scalar(&arg, args->scalars[0] + 8 * (MEETINGS + i));
		tare_trb_add_scalar(&arg, blocks * lanes[i]);
		arg.spec.block_count = (int16_t)blocks;
		arg.spec.require_sync_start = true;
		mix(args);
		rt->ops->submit_task(rt, &kernels[i], &arg);
		vector(args);
	}
}

static void chain(const struct tare_chip_args *args)
{
	const uint32_t shape[] = { 1 };
	struct tare_trb_tensor mark;

	tare_trb_tensor_whole(&mark, args->scalars[0], TARE_UINT64, 8, 1, shape);
	for (uint64_t i = 0; i < 1000; i++) {
		struct tare_trb_arg arg;

		tare_trb_arg_begin(&arg);
		tare_trb_add_inout(&arg, &mark);
		tare_trb_add_scalar(&arg, i);
		rt->ops->scope_begin(rt);
		aiv(COUNT, &arg);
		rt->ops->scope_end(rt);
	}
}

static void fatal(const struct tare_chip_args *args)
{
	vector(args);
	rt->ops->report_fatal(rt, TARE_TRB_EXPLICIT_ORCH_FATAL, __func__, "seven is not %d", 8);
	mix(args);
}

static struct tare_trb_config wants_five(const struct tare_chip_args *args)
{
	(void)args;
	return (struct tare_trb_config){ 5 };
}

static void hang_once(const struct tare_chip_args *args)
{
	struct tare_trb_tensor x = external(args, 0);
	struct tare_trb_arg arg;

	tare_trb_arg_begin(&arg);
	tare_trb_add_inout(&arg, &x);
	aiv(HANG, &arg);
}

static void hang_read(const struct tare_chip_args *args)
{
	struct tare_trb_tensor x = external(args, 0);
	const uint32_t index[] = { 0 };

	hang_once(args);
	rt->ops->get_tensor_data(rt, &x, 1, index);
}

const struct trb_object scene_vector = { vector, NULL, bind };
const struct trb_object scene_empty = { empty, NULL, NULL };
const struct trb_object scene_mix = { mix, NULL, bind };
const struct trb_object scene_together = { together, NULL, bind };
const struct trb_object scene_chain = { chain, NULL, bind };
const struct trb_object scene_fatal = { fatal, NULL, bind };
const struct trb_object scene_counted = { vector, wants_five, bind };
const struct trb_object scene_nameless = { NULL, wants_five, bind };
const struct trb_object scene_hang = { hang_once, NULL, bind };
const struct trb_object scene_hang_read = { hang_read, NULL, bind };
