/* SPDX-License-Identifier: Apache-2.0 */
#include "coroutine.h"

#include <string.h>
#include <valgrind/memcheck.h>

void tare__coroutine_enter(void); /* where a fresh stack begins; not callable from C */

#if defined(__x86_64__)
#define SAVED_WORDS 9 /* seven are popped: what is left keeps the stack a multiple of 16 */
#define SLOT_COROUTINE 3 /* r12 */
#define SLOT_START 2     /* r13 */
#define SLOT_RETURN 6
__asm__(".text\n"
	".p2align 4\n"
	".globl tare__coroutine_jump, tare__coroutine_jump_last\n"
	".hidden tare__coroutine_jump, tare__coroutine_jump_last\n"
	".type tare__coroutine_jump, @function\n"
	".type tare__coroutine_jump_last, @function\n"
	"tare__coroutine_jump:\n"
	"tare__coroutine_jump_last:\n"
	"	pushq %rbp\n"
	"	pushq %rbx\n"
	"	pushq %r12\n"
	"	pushq %r13\n"
	"	pushq %r14\n"
	"	pushq %r15\n"
	"	movq %rsp, (%rdi)\n"
	"	movq %rsi, %rsp\n"
	"	movq %rdx, %rax\n"
	"	popq %r15\n"
	"	popq %r14\n"
	"	popq %r13\n"
	"	popq %r12\n"
	"	popq %rbx\n"
	"	popq %rbp\n"
	"	popq %rcx\n" /* a jump: the return predictor would be wrong at every switch */
	"	jmpq *%rcx\n"
	".size tare__coroutine_jump, . - tare__coroutine_jump\n"
	".p2align 4\n"
	".globl tare__coroutine_enter\n"
	".hidden tare__coroutine_enter\n"
	".type tare__coroutine_enter, @function\n"
	"tare__coroutine_enter:\n"
	"	.cfi_startproc\n"
	"	.cfi_undefined rip\n"
	"	movq %r12, %rdi\n"
	"	movq %rax, %rsi\n"
	"	xorl %ebp, %ebp\n"
	"	callq *%r13\n"
	"	ud2\n"
	"	.cfi_endproc\n"
	".size tare__coroutine_enter, . - tare__coroutine_enter\n");
#elif defined(__aarch64__)
#define SAVED_WORDS 20
#define SLOT_COROUTINE 0 /* x19 */
#define SLOT_START 1     /* x20 */
#define SLOT_RETURN 11   /* x30 */
__asm__(".text\n"
	".p2align 4\n"
	".globl tare__coroutine_jump, tare__coroutine_jump_last\n"
	".hidden tare__coroutine_jump, tare__coroutine_jump_last\n"
	".type tare__coroutine_jump, %function\n"
	".type tare__coroutine_jump_last, %function\n"
	"tare__coroutine_jump:\n"
	"tare__coroutine_jump_last:\n"
	"	sub sp, sp, #160\n"
	"	stp x19, x20, [sp, #0]\n"
	"	stp x21, x22, [sp, #16]\n"
	"	stp x23, x24, [sp, #32]\n"
	"	stp x25, x26, [sp, #48]\n"
	"	stp x27, x28, [sp, #64]\n"
	"	stp x29, x30, [sp, #80]\n"
	"	stp d8, d9, [sp, #96]\n"
	"	stp d10, d11, [sp, #112]\n"
	"	stp d12, d13, [sp, #128]\n"
	"	stp d14, d15, [sp, #144]\n"
	"	mov x9, sp\n"
	"	str x9, [x0]\n"
	"	mov sp, x1\n"
	"	mov x0, x2\n"
	"	ldp x19, x20, [sp, #0]\n"
	"	ldp x21, x22, [sp, #16]\n"
	"	ldp x23, x24, [sp, #32]\n"
	"	ldp x25, x26, [sp, #48]\n"
	"	ldp x27, x28, [sp, #64]\n"
	"	ldp x29, x30, [sp, #80]\n"
	"	ldp d8, d9, [sp, #96]\n"
	"	ldp d10, d11, [sp, #112]\n"
	"	ldp d12, d13, [sp, #128]\n"
	"	ldp d14, d15, [sp, #144]\n"
	"	add sp, sp, #160\n"
	"	br x30\n"
	".size tare__coroutine_jump, . - tare__coroutine_jump\n"
	".p2align 4\n"
	".globl tare__coroutine_enter\n"
	".hidden tare__coroutine_enter\n"
	".type tare__coroutine_enter, %function\n"
	"tare__coroutine_enter:\n"
	"	.cfi_startproc\n"
	"	.cfi_undefined x30\n"
	"	mov x1, x0\n"
	"	mov x0, x19\n"
	"	mov x29, xzr\n"
	"	blr x20\n"
	"	brk #1\n"
	"	.cfi_endproc\n"
	".size tare__coroutine_enter, . - tare__coroutine_enter\n");
#else
#error "the coroutine switch is written for x86-64 and aarch64"
#endif

static void start(struct tare__coroutine *here, struct tare__coroutine *came_from)
{
	tare__coroutine_arrive(here, came_from);
	here->body(here->cookie);
	__builtin_trap(); /* a body never returns */
}

/* A function pointer as the word that the switch loads: C has no cast for it. */
static void put_function(void **slot, void (*function)(void))
{
	_Static_assert(sizeof function == sizeof *slot, "a function pointer fits a word");
	memcpy(slot, &function, sizeof function);
}

void tare__coroutine_reset(struct tare__coroutine *coroutine)
{
	void **words = (void **)(void *)(coroutine->stack + coroutine->size) - SAVED_WORDS;

#ifdef TARE__WITH_ASAN
	ASAN_UNPOISON_MEMORY_REGION(coroutine->stack, coroutine->size);
#endif
	(void)VALGRIND_MAKE_MEM_UNDEFINED(coroutine->stack, coroutine->size);
	memset(words, 0, SAVED_WORDS * sizeof *words);
	words[SLOT_COROUTINE] = coroutine;
	put_function(&words[SLOT_START], (void (*)(void))start);
	put_function(&words[SLOT_RETURN], tare__coroutine_enter);
	coroutine->sp = words;
	coroutine->fake = NULL;
}

void tare__coroutine_make(struct tare__coroutine *coroutine, void *stack, size_t size, void (*body)(void *),
	void *cookie)
{
	*coroutine = (struct tare__coroutine){ .stack = stack, .size = size, .body = body, .cookie = cookie,
		.bottom = stack, .bottom_size = size };
	coroutine->tool = VALGRIND_STACK_REGISTER(stack, (char *)stack + size);
#ifdef TARE__WITH_TSAN
	coroutine->fiber = __tsan_create_fiber(0);
#endif
	tare__coroutine_reset(coroutine);
}

void tare__coroutine_end(struct tare__coroutine *coroutine)
{
	if (!coroutine->stack)
		return;
#ifdef TARE__WITH_ASAN
	ASAN_UNPOISON_MEMORY_REGION(coroutine->stack, coroutine->size);
#endif
#ifdef TARE__WITH_TSAN
	__tsan_destroy_fiber(coroutine->fiber);
#endif
	VALGRIND_STACK_DEREGISTER(coroutine->tool);
	coroutine->stack = NULL;
}

void tare__coroutine_adopt(struct tare__coroutine *coroutine)
{
#ifdef TARE__WITH_TSAN
	coroutine->fiber = __tsan_get_current_fiber();
#endif
	coroutine->fake = NULL;
}

_Noreturn void tare__coroutine_leave(struct tare__coroutine *from, struct tare__coroutine *to)
{
	tare__coroutine_depart(NULL, to);
	tare__coroutine_jump(&from->sp, to->sp, TARE__TOLD(from));
	__builtin_unreachable();
}
