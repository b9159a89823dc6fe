// The regular expression matcher.
//
// It does not recurse: what to try next when the present path fails is on a stack of its own, which
// begins in the C frame and moves to the collected heap when it grows. Every change of a register is
// noted there too, so that going back undoes it.

#include <string.h>

#include "py/runtime.h"
#include "re_engine.h"

typedef struct {
    uint32_t what; // a program address, and one of the kinds below in its low 3 bits
    uint32_t a, b;
} entry_t;

enum {
    ENTRY_CHOICE,   // go on at the address; a: position
    ENTRY_REGISTER, // a: register, b: its former value
    ENTRY_RUN,      // greedy run; a: where it must not shrink further, b: where it ends now
    ENTRY_RUN_LAZY, // a: where it ends now, b: how many characters it has
    ENTRY_ITERATE,  // one more iteration of a lazy loop; a: position
    ENTRY_BARRIER,  // a look-around or atomic group began; a: position, b: the barrier before
};

#define LOCAL_ENTRIES (32)

typedef struct {
    re_match_t *m;
    const uint32_t *code;
    const byte *text;
    uint32_t end;
    bool is_bytes;
    uint32_t *regs;
    uint32_t lastindex; // register numbers
    uint32_t loops;
    entry_t *stack;
    size_t used, alloc;
    uint32_t barrier; // the innermost open barrier's place in the stack
    int32_t budget;   // steps until the next poll
    entry_t local[LOCAL_ENTRIES];
} matcher_t;

size_t re_register_count(const re_pattern_t *pattern) {
    return RE_LASTINDEX((size_t)pattern->groups) + 1 + 2 * (size_t)pattern->loops;
}

static void grow(matcher_t *x) {
    if (x->alloc > RE_MAX_CODE / 2) {
        mp_raise_type(&mp_type_MemoryError);
    }
    size_t alloc = x->alloc + x->alloc / 2;
    if (x->stack == x->local) {
        entry_t *stack = m_new(entry_t, alloc);
        memcpy(stack, x->local, sizeof(x->local));
        x->stack = stack;
    } else {
        x->stack = m_renew(entry_t, x->stack, x->alloc, alloc);
    }
    x->alloc = alloc;
}

static inline void push(matcher_t *x, uint32_t kind, uint32_t pc, uint32_t a, uint32_t b) {
    if (x->used == x->alloc) {
        grow(x);
    }
    entry_t *e = &x->stack[x->used++];
    e->what = pc << 3 | kind;
    e->a = a;
    e->b = b;
}

static inline void set_register(matcher_t *x, uint32_t reg, uint32_t value) {
    push(x, ENTRY_REGISTER, 0, reg, x->regs[reg]);
    x->regs[reg] = value;
}

static void spend(matcher_t *x, uint32_t steps) {
    x->budget -= MIN(steps, RE_POLL_STEPS);
    if (x->budget <= 0) {
        x->budget = RE_POLL_STEPS;
        SANDBOX_POLL();
    }
}

// ---- characters

static inline uint32_t char_at(const matcher_t *x, uint32_t pos, uint32_t *next) {
    uint32_t c = x->text[pos], length = 1;
    if (c >= 0x80 && !x->is_bytes) {
        c = re_char_at(x->text, pos, x->end, false, &length);
    }
    *next = pos + length;
    return c;
}

static inline uint32_t step_back(const matcher_t *x, uint32_t pos) {
    pos--;
    while (!x->is_bytes && pos > 0 && (x->text[pos] & 0xc0) == 0x80) {
        pos--;
    }
    return pos;
}

// Whether the one-character instruction *op* matches at *pos*; *next* is then behind it.
static inline bool one(const matcher_t *x, const uint32_t *op, uint32_t pos, uint32_t *next) {
    if (pos >= x->end) {
        return false;
    }
    uint32_t c = char_at(x, pos, next);
    switch (op[0]) {
        case RE_OP_CHAR:
            return c == op[1];
        case RE_OP_CHAR_FOLD:
            return c == op[1] || re_lower(c, false) == op[1];
        case RE_OP_ANY:
            return c != '\n';
        case RE_OP_ALL:
            return true;
        case RE_OP_CATEGORY:
            return re_is_category(op[1], c);
        default:
            return re_in_set(op, c);
    }
}

// Match *op* up to *max* times; *pos* moves, the count is returned.
static uint32_t run(matcher_t *x, const uint32_t *op, uint32_t *pos, uint32_t max) {
    uint32_t at = *pos, count = 0;
    if (op[0] == RE_OP_ALL && x->is_bytes) {
        count = MIN(x->end - at, max);
        at += count;
    } else {
        uint32_t next;
        while (count < max && one(x, op, at, &next)) {
            at = next;
            count++;
        }
    }
    *pos = at;
    spend(x, count / 16);
    return count;
}

static bool is_word_at(const matcher_t *x, uint32_t pos, uint32_t category) {
    uint32_t next;
    return pos < x->end && re_is_category(category, char_at(x, pos, &next));
}

static bool is_word_before(const matcher_t *x, uint32_t pos, uint32_t category) {
    return pos > 0 && re_is_category(category, re_char_before(x->text, pos, x->is_bytes));
}

static bool holds(const matcher_t *x, uint32_t kind, uint32_t pos) {
    uint32_t category = RE_CAT_WORD | (kind & RE_AT_ASCII ? RE_CAT_ASCII : 0);
    switch (kind & ~RE_AT_ASCII) {
        case RE_AT_START:
            return pos == 0;
        case RE_AT_LINE_START:
            return pos == 0 || x->text[pos - 1] == '\n';
        case RE_AT_END:
            return pos == x->end;
        case RE_AT_LAST_LINE:
            return pos == x->end || (pos + 1 == x->end && x->text[pos] == '\n');
        case RE_AT_LINE_END:
            return pos == x->end || x->text[pos] == '\n';
        default:
            // Neither holds in an empty subject, as in CPython before 3.14.
            return x->end > 0 && (is_word_before(x, pos, category) != is_word_at(x, pos, category))
                   == ((kind & ~RE_AT_ASCII) == RE_AT_BOUNDARY);
    }
}

// Match the text of a group again; *pos* moves.
static bool backref(matcher_t *x, const uint32_t *op, uint32_t *pos) {
    uint32_t start = x->regs[2 * op[1]], stop = x->regs[2 * op[1] + 1], at = *pos;
    if (start == RE_NONE || stop == RE_NONE || stop < start) {
        return false;
    }
    spend(x, (stop - start) / 16);
    if (op[0] == RE_OP_BACKREF) {
        uint32_t length = stop - start;
        if (x->end - at < length || memcmp(x->text + start, x->text + at, length) != 0) {
            return false;
        }
        *pos = at + length;
        return true;
    }
    while (start < stop) {
        if (at >= x->end) {
            return false;
        }
        uint32_t c = char_at(x, start, &start), d = char_at(x, at, &at);
        if (c != d && re_lower(c, op[2]) != re_lower(d, op[2])) {
            return false;
        }
    }
    *pos = at;
    return true;
}

// ---- look-around and atomic groups

// Close the innermost barrier: no choice made since is reconsidered, but undoing stays possible.
static entry_t cut(matcher_t *x) {
    size_t to = x->barrier;
    entry_t barrier = x->stack[to];
    for (size_t from = to + 1; from < x->used; from++) {
        if ((x->stack[from].what & 7) == ENTRY_REGISTER) {
            x->stack[to++] = x->stack[from];
        }
    }
    spend(x, (x->used - to) / 16);
    x->used = to;
    x->barrier = barrier.b;
    return barrier;
}

// Give up on a negative look-around that matched: undo all since its barrier.
static void unwind(matcher_t *x) {
    while (x->used - 1 > x->barrier) {
        entry_t *e = &x->stack[--x->used];
        if ((e->what & 7) == ENTRY_REGISTER) {
            x->regs[e->a] = e->b;
        }
    }
    x->barrier = x->stack[--x->used].b;
}

// ---- the machine

// Go back to the last choice. False if there is none; else *pc* and *pos* say where to go on.
static bool go_back(matcher_t *x, uint32_t *pc, uint32_t *pos) {
    while (x->used > 0) {
        entry_t *e = &x->stack[x->used - 1];
        uint32_t at = e->what >> 3;
        const uint32_t *op = x->code + at;
        switch (e->what & 7) {
            case ENTRY_REGISTER:
                x->regs[e->a] = e->b;
                break;
            case ENTRY_CHOICE:
                *pc = at;
                *pos = e->a;
                x->used--;
                return true;
            case ENTRY_RUN: {
                const uint32_t *after = op + op[1];
                bool literal = after[0] == RE_OP_CHAR && after[1] < 0x80;
                uint32_t end = e->b, steps = 0;
                bool found = false;
                while (!found && end > e->a) {
                    end = step_back(x, end);
                    found = !literal || x->text[end] == after[1];
                    steps++;
                }
                e->b = end;
                if (end == e->a) {
                    x->used--;
                }
                spend(x, steps / 16);
                if (found) {
                    *pc = at + op[1];
                    *pos = end;
                    return true;
                }
                continue;
            }
            case ENTRY_RUN_LAZY: {
                uint32_t next;
                if (e->b >= op[3] || !one(x, op + 5, e->a, &next)) {
                    break;
                }
                e->a = next;
                e->b++;
                *pc = at + op[1];
                *pos = next;
                return true;
            }
            case ENTRY_ITERATE: {
                uint32_t reg = x->loops + 2 * op[1];
                *pos = e->a;
                *pc = at + op[2];
                x->used--;
                set_register(x, reg, x->regs[reg] + 1);
                set_register(x, reg + 1, *pos);
                return true;
            }
            default: // ENTRY_BARRIER
                x->barrier = e->b;
                if (op[1] & RE_LOOK_NEGATIVE) {
                    *pc = at + op[2];
                    *pos = e->a;
                    x->used--;
                    return true;
                }
                break;
        }
        x->used--;
    }
    return false;
}

// Try to match at *start*. If that fails, all registers are again as they were.
static bool attempt(matcher_t *x, uint32_t start) {
    uint32_t pc = 0, pos = start;
    x->used = 0;
    for (;;) {
        if (--x->budget <= 0) {
            spend(x, 1);
        }
        const uint32_t *op = x->code + pc;
        switch (op[0]) {
            case RE_OP_CHAR:
                if (pos < x->end && op[1] < 0x80) {
                    if (x->text[pos] != op[1]) {
                        break;
                    }
                    pos++;
                    pc += 2;
                    continue;
                }
            // fall through
            case RE_OP_CHAR_FOLD:
            case RE_OP_CATEGORY:
                if (!one(x, op, pos, &pos)) {
                    break;
                }
                pc += 2;
                continue;
            case RE_OP_ANY:
            case RE_OP_ALL:
                if (!one(x, op, pos, &pos)) {
                    break;
                }
                pc++;
                continue;
            case RE_OP_SET:
                if (!one(x, op, pos, &pos)) {
                    break;
                }
                pc += RE_SET_RANGES + 2 * op[2];
                continue;
            case RE_OP_RUN: {
                uint32_t min = op[2], max = op[3], least = pos, count;
                if (min > 0 && run(x, op + 5, &least, min) < min) {
                    break;
                }
                pos = least;
                if (op[4] == RE_LAZY) {
                    push(x, ENTRY_RUN_LAZY, pc, pos, min);
                } else {
                    count = max > min ? run(x, op + 5, &pos, max == RE_NONE ? max : max - min) : 0;
                    if (count > 0 && op[4] == RE_GREEDY) {
                        push(x, ENTRY_RUN, pc, least, pos);
                    }
                }
                pc += op[1];
                continue;
            }
            case RE_OP_AT:
                if (!holds(x, op[1], pos)) {
                    break;
                }
                pc += 2;
                continue;
            case RE_OP_SAVE:
                set_register(x, op[1], pos);
                if (op[1] & 1) {
                    set_register(x, x->lastindex, op[1] / 2);
                }
                pc += 2;
                continue;
            case RE_OP_JUMP:
                pc += op[1];
                continue;
            case RE_OP_SPLIT:
                push(x, ENTRY_CHOICE, pc + op[1], pos, 0);
                pc += 2;
                continue;
            case RE_OP_SPLIT_FAR:
                push(x, ENTRY_CHOICE, pc + 2, pos, 0);
                pc += op[1];
                continue;
            case RE_OP_LOOP: {
                uint32_t reg = x->loops + 2 * op[1];
                set_register(x, reg, 0);
                set_register(x, reg + 1, RE_NONE);
                pc += op[2];
                continue;
            }
            case RE_OP_UNTIL: {
                uint32_t reg = x->loops + 2 * op[1], count = x->regs[reg];
                if (count < op[3]) {
                    set_register(x, reg, count + 1);
                    pc += op[2];
                    continue;
                }
                // An empty iteration is not followed by another.
                bool more = (op[4] == RE_NONE || count < op[4]) && pos != x->regs[reg + 1];
                if (more && op[5]) {
                    push(x, ENTRY_ITERATE, pc, pos, 0);
                } else if (more) {
                    push(x, ENTRY_CHOICE, pc + 6, pos, 0);
                    set_register(x, reg, count + 1);
                    set_register(x, reg + 1, pos);
                    pc += op[2];
                    continue;
                }
                pc += 6;
                continue;
            }
            case RE_OP_LOOK: {
                push(x, ENTRY_BARRIER, pc, pos, x->barrier);
                x->barrier = x->used - 1;
                uint32_t width = op[1] & RE_LOOK_BEHIND ? op[3] : 0;
                for (; width > 0 && pos > 0; width--) {
                    pos = step_back(x, pos);
                }
                if (width > 0) {
                    break;
                }
                pc += 4;
                continue;
            }
            case RE_OP_LOOK_END: {
                uint32_t kind = x->code[(x->stack[x->barrier].what >> 3) + 1];
                if (kind & RE_LOOK_NEGATIVE) {
                    unwind(x);
                    break;
                }
                uint32_t before = cut(x).a;
                if (kind != RE_LOOK_ATOMIC) {
                    pos = before;
                }
                pc++;
                continue;
            }
            case RE_OP_BACKREF:
            case RE_OP_BACKREF_FOLD:
                if (!backref(x, op, &pos)) {
                    break;
                }
                pc += op[0] == RE_OP_BACKREF ? 2 : 3;
                continue;
            case RE_OP_COND:
                pc += x->regs[2 * op[1] + 1] == RE_NONE ? op[2] : 3;
                continue;
            case RE_OP_MATCH:
                if ((x->m->full && pos != x->end) || pos == x->m->must_advance) {
                    break;
                }
                x->regs[0] = start;
                x->regs[1] = pos;
                return true;
        }
        if (!go_back(x, &pc, &pos)) {
            return false;
        }
    }
}

static void prepare(matcher_t *x, re_match_t *m) {
    const re_pattern_t *pattern = m->pattern;
    x->m = m;
    x->code = pattern->code;
    x->text = m->text;
    x->end = m->end;
    x->is_bytes = pattern->is_bytes;
    x->regs = m->regs;
    x->lastindex = RE_LASTINDEX(pattern->groups);
    x->loops = x->lastindex + 1;
    x->stack = x->local;
    x->alloc = LOCAL_ENTRIES;
    x->barrier = 0;
    x->budget = RE_POLL_STEPS;
    memset(m->regs, 0xff, re_register_count(pattern) * sizeof(uint32_t));
}

static bool finish(matcher_t *x, bool found) {
    if (x->stack != x->local) {
        m_del(entry_t, x->stack, x->alloc);
    }
    return found;
}

// Match at m->start and nowhere else.
bool re_match_at(re_match_t *m) {
    matcher_t x;
    prepare(&x, m);
    return finish(&x, attempt(&x, m->start));
}

// Find the first match from m->start on.
bool re_search(re_match_t *m) {
    matcher_t x;
    prepare(&x, m);
    const uint32_t *first = m->pattern->first;
    bool anchored = x.code[0] == RE_OP_AT && x.code[1] == RE_AT_START;
    for (uint32_t pos = m->start;;) {
        if (first != NULL) {
            uint32_t from = pos;
            while (pos < x.end && !(first[x.text[pos] / 32] >> (x.text[pos] & 31) & 1)) {
                pos++;
            }
            if (pos == x.end) {
                return finish(&x, false);
            }
            spend(&x, (pos - from) / 16);
        }
        if (attempt(&x, pos)) {
            return finish(&x, true);
        }
        if (pos >= x.end || anchored) {
            return finish(&x, false);
        }
        char_at(&x, pos, &pos);
    }
}
