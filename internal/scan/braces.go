package scan

// maxChoices is how many patterns without braces a pattern may stand for: to match a name,
// each may have to be tried.
const maxChoices = 1000

// choices is how many patterns without braces a valid pattern stands for, such as 4 for
// {a,b}/{c,d}, but no more than one above maxChoices.
func choices(pattern string) int {
	n, _ := choicesIn(pattern, 0, false)
	return n
}

// choicesIn is choices of a pattern from i on, in braces up to their end; next is where
// that is.
func choicesIn(pattern string, i int, braces bool) (n, next int) {
	sum, product := 0, 1
	for ; i < len(pattern); i++ {
		switch pattern[i] {
		case '\\':
			i++
		case '[':
			for i++; i < len(pattern) && pattern[i] != ']'; i++ {
				if pattern[i] == '\\' {
					i++
				}
			}
		case '{':
			inner, end := choicesIn(pattern, i+1, true)
			product, i = min(product*inner, maxChoices+1), end
		case ',':
			if braces {
				sum, product = min(sum+product, maxChoices+1), 1
			}
		case '}':
			if braces {
				return min(sum+product, maxChoices+1), i
			}
		}
	}
	return min(sum+product, maxChoices+1), i
}
