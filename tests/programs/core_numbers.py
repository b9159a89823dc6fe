"""Integers, floats, rounding and their methods."""

print(int('1_000'),1_000,0x_ff,int('0x1f',16),int('ff',16),int('0b11',0),int(' 42 '),int(3.9),int(-3.9),int('101',base=2),int('z',36))
print((255).bit_length(),(255).bit_count(),(-5).bit_length(),(1024).to_bytes(2,'big'),(1024).to_bytes(length=4,byteorder='little'),(-1).to_bytes(2,'big',signed=True),int.from_bytes(b'\x04\x00','big'),int.from_bytes(b'\xff\xff',byteorder='big',signed=True))
print(pow(2,10,1000),pow(3,-1,7),pow(2,-2),pow(2,0.5),pow(base=2,exp=3),abs(-5),abs(-2.5),bin(-5),oct(8),hex(255),hex(-1))
print(10**30,2**100,-2**63,12345678901234567890*98765432109876543210,10**30//7,10**30%7,-(10**20)//3,(1<<70)>>65,~5,5&3,5|3,5^3)
print(int(True),True+True,sum([True,False,True]),isinstance(True,int),True==1,bool(''),bool([0]),issubclass(bool,int), str(True), int.__name__, True.bit_length() if hasattr(True,'bit_length') else 1)
for v in [0.1+0.2,1e16,1e-5,123456789012345680.0,1e22,1e15,0.0001,1.5,100.0,-0.0,1/3,2.5e-10,1e100,float('inf'),float('-inf'),float('nan'),1.7976931348623157e308,3.14159,2.675,1e5,123456.789,0.1,4.35*100]:
    print(v,repr(v),str(v))
print(round(2.5),round(3.5),round(-2.5),round(2.675,2),round(1234,-2),round(1250,-2),round(1350,-2),round(2.567,1),round(5),round(1e20), round(0.5), round(1.5,0), round(12.5,-1))
print((1.5).is_integer(),(2.0).is_integer(),(0.5).as_integer_ratio(),(1.5).hex(),(3.0).conjugate(),(5).conjugate(), (3).real,(3).imag,(3).numerator,(3).denominator)
print(1e300*1e10, 2**0.5, 10/3, 7//2, -7//2, 7%-3, -7%3, 7.5//2, -7.5%2, divmod(-7,2), divmod(7.5,2), 2**-1, 0**0, 1e3, 5.0//0.3)
print(pow(7, -1, 11), pow(3, -2, 10), round(1.005, 2), round(-1.5), round(2.345, 2), round(0.15, 1))
