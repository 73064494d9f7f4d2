package codec

// The tables of ITU-T G.722 §6.2. None is ever written.
var (
	// g722Levels are the decision levels q6 of QUANTL (table 14), from index 1.
	g722Levels = [30]int32{
		0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650,
		714, 786, 858, 940, 1023, 1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919,
	}
	// g722CodeNeg are the codes of negative differences (table 15); those of positive ones just count down.
	g722CodeNeg = [31]int32{
		0, 63, 62, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4,
	}
	// g722InverseLow6 is QQ6, the inverse quantiser of all six bits (INVQBL, table 17).
	g722InverseLow6 = [64]int32{
		-136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360, -8576, -7856,
		-7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688, -1360, -1040, -728,
		24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456,
		4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136,
	}
	// g722InverseLow4 is QQ4, that of the upper four (INVQAL, table 16).
	g722InverseLow4 = [16]int32{
		0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0,
	}
	// g722InverseHigh is QQ2 (INVQAH, table 19).
	g722InverseHigh = [4]int32{-7408, -1616, 7408, 1616}
	// g722LogLow is WL by the four bits (LOGSCL, tables 16 and 20).
	g722LogLow = [16]int32{-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60}
	// g722LogHigh is WH by the two bits (LOGSCH, table 21).
	g722LogHigh = [4]int32{798, -214, 798, -214}
	// g722Exp is ILB, 2048 times two to the power of i/32 (SCALEL, table 18).
	g722Exp = [32]int32{
		2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
		2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
	}
)
