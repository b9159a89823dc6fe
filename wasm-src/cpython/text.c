#include <stdlib.h>
#include <string.h>
#include "guest.h"

int sandbox_put(sandbox_text *text, const char *data, size_t len) {
    if (len > text->capacity - text->len) {
        size_t capacity = text->capacity ? text->capacity : 256;
        while (capacity - text->len < len) {
            if (capacity > SIZE_MAX / 2) {
                PyErr_NoMemory();
                return -1;
            }
            capacity *= 2;
        }
        char *larger = realloc(text->data, capacity);
        if (larger == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        text->data = larger;
        text->capacity = capacity;
    }
    memcpy(text->data + text->len, data, len);
    text->len += len;
    return 0;
}

int sandbox_put_word(sandbox_text *text, const char *word) {
    return sandbox_put(text, word, strlen(word));
}

void sandbox_text_free(sandbox_text *text) {
    free(text->data);
    *text = (sandbox_text){ 0 };
}

int sandbox_put_string(sandbox_text *text, PyObject *str) {
    Py_ssize_t len;
    const char *s = PyUnicode_AsUTF8AndSize(str, &len);
    if (s == NULL || sandbox_put(text, "\"", 1)) {
        return -1;
    }
    Py_ssize_t from = 0;
    for (Py_ssize_t i = 0; i < len; i++) {
        unsigned char c = s[i];
        if (c >= 0x20 && c != '"' && c != '\\') {
            continue;
        }
        char escape[8];
        int n = c >= 0x20 ? snprintf(escape, sizeof escape, "\\%c", c)
                          : snprintf(escape, sizeof escape, "\\u%04x", c);
        if (sandbox_put(text, s + from, i - from) || sandbox_put(text, escape, n)) {
            return -1;
        }
        from = i + 1;
    }
    return sandbox_put(text, s + from, len - from) || sandbox_put(text, "\"", 1) ? -1 : 0;
}
